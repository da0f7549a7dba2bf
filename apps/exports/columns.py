"""What may stand in a table that is taken out, and what a column says of a row.

A column is asked for a thousand rows at once. Phones, e-mails and union ids are masked
as on screen, unless the export was asked for, and granted, whole.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.audit.telling import VALUES
from apps.common.wording import moment
from apps.contacts.attribute_words import in_words, names_of_choices
from apps.contacts.masked import shown, whole_of
from apps.contacts.models import Attribute, AttributeValue, Contact, Identity
from apps.exports.models import Export
from apps.followups.models import Lead
from apps.orders.models import Order, OrderLine
from apps.scoring.models import Chance, Lifetime, Standing
from apps.staff.models import User
from apps.tags.models import Tagging

Kind = Identity.Kind
BETWEEN = "、"
Cells = dict[int, str]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: of some rows, by number, what stands in it."""

    name: str
    title: Any
    cells: Callable[[Sequence[Any], bool], Mapping[int, str]]
    at_first: bool = True  # ticked when somebody begins


def field(name: str, title: Any, read: Callable[[Any], Any], **more: Any) -> Column:
    def cells(rows: Sequence[Any], whole: bool) -> Cells:
        return {row.pk: str(read(row) or "") for row in rows}

    return Column(name=name, title=title, cells=cells, **more)


def ids(kind: str, title: Any, **more: Any) -> Column:
    """All of a contact's ids of a kind, what was proven first."""

    def cells(rows: Sequence[Contact], whole: bool) -> Cells:
        found: dict[int, list[str]] = defaultdict(list)
        known = Identity.objects.filter(contact__in=rows, kind=kind)
        for identity in known.order_by("-verified", "pk"):
            value = whole_of(identity) if whole else shown(identity)
            if kind == Kind.OTHER:
                value = f"{identity.system} {value}"
            found[identity.contact_id].append(value)
        return {pk: BETWEEN.join(values) for pk, values in found.items()}

    return Column(name=kind, title=title, cells=cells, **more)


def tags_of(rows: Sequence[Contact], whole: bool) -> Cells:
    found: dict[int, dict[str, None]] = defaultdict(dict)
    carried = Tagging.objects.filter(contact__in=rows, tag__deleted_at__isnull=True)
    for pk, name in carried.order_by("tag").values_list("contact_id", "tag__name"):
        found[pk][name] = None
    return {pk: BETWEEN.join(names) for pk, names in found.items()}


def stages_of(rows: Sequence[Contact], whole: bool) -> Cells:
    """Of the open lead."""
    leads = Lead.objects.live().open().filter(contact__in=rows)
    return dict(leads.values_list("contact_id", "stage__name"))


def chances_of(rows: Sequence[Contact], whole: bool) -> Cells:
    told = Chance.objects.filter(contact__in=rows).values_list("contact_id", "chance")
    return {pk: f"{chance:f}" for pk, chance in told}


def lifetime(name: str, title: Any, read: Callable[[Lifetime], str]) -> Column:
    def cells(rows: Sequence[Contact], whole: bool) -> Cells:
        told = Lifetime.objects.filter(contact__in=rows)
        return {each.contact_id: read(each) for each in told}

    return Column(name=name, title=title, cells=cells, at_first=False)


def scores_of(name: str) -> Callable[[Sequence[Contact], bool], Cells]:
    def cells(rows: Sequence[Contact], whole: bool) -> Cells:
        known = Standing.objects.filter(contact__in=rows).exclude(grade="")
        return {pk: str(value) for pk, value in known.values_list("contact", name)}

    return cells


def attribute(of: Attribute) -> Column:
    def cells(rows: Sequence[Contact], whole: bool) -> Cells:
        values = list(AttributeValue.objects.filter(contact__in=rows, attribute=of))
        for value in values:
            value.attribute = of
        names = names_of_choices(values)
        return {value.contact_id: in_words(value, names) for value in values}

    return Column(name=f"a{of.pk}", title=of.name, cells=cells, at_first=False)


def contact_columns() -> list[Column]:
    return [
        field("name", _("full name"), lambda contact: contact.name),
        ids(Kind.PHONE, _("phone")),
        ids(Kind.EMAIL, _("e-mail"), at_first=False),
        field("corp_name", _("company"), lambda contact: contact.corp_name),
        field("position", _("position"), lambda c: c.position, at_first=False),
        field("owner", _("owner"), lambda contact: contact.owner),
        field("standing", _("standing"), lambda c: c.get_standing_display()),
        field("added_at", _("added at"), lambda contact: moment(contact.added_at)),
        Column(name="tags", title=_("tags"), cells=tags_of),
        Column(name="stage", title=_("stage"), cells=stages_of, at_first=False),
        Column(name="chance", title=_("chance, %"), cells=chances_of, at_first=False),
        lifetime("alive", _("still a customer, %"), lambda each: str(each.alive)),
        lifetime(
            "expected_orders",
            _("expected purchases within a year"),
            lambda each: f"{each.expected:f}",
        ),
        lifetime(
            "expected_value",
            _("expected value within a year, in yuan"),
            lambda each: "" if each.value is None else yuan(each.value),
        ),
        *(
            Column(name=name, title=title, cells=scores_of(name), at_first=False)
            for name, title in (
                ("score", _("score")),
                ("grade", _("grade")),
                ("fit", _("fit")),
                ("engagement", _("engagement")),
            )
        ),
        ids(Kind.EXTERNAL, _("WeCom customer id"), at_first=False),
        ids(Kind.UNION, _("WeChat union id"), at_first=False),
        ids(Kind.OTHER, _("id in another system"), at_first=False),
        *map(attribute, Attribute.objects.in_use()),
    ]


def of_the_buyer(column: Column, *, at_first: bool = False) -> Column:
    """A column of contacts, in a table of orders."""

    def cells(rows: Sequence[Order], whole: bool) -> Cells:
        people = {row.contact_id: row.contact for row in rows if row.contact}
        said = column.cells(list(people.values()), whole)
        return {row.pk: said.get(row.contact_id or 0, "") for row in rows}

    return Column(
        name=f"buyer_{column.name}",
        title=_("buyer: %(what)s") % {"what": column.title},
        cells=cells,
        at_first=at_first,
    )


def lines_of(rows: Sequence[Order], whole: bool) -> Cells:
    found: dict[int, list[str]] = defaultdict(list)
    lines = OrderLine.objects.filter(order__in=rows).order_by("order", "position")
    for line in lines.select_related("product"):
        name = line.name or str(line.product or "")
        found[line.order_id].append(f"{name} × {line.quantity}".strip())
    return {pk: BETWEEN.join(names) for pk, names in found.items()}


def yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"


def order_columns() -> list[Column]:
    people = {column.name: column for column in contact_columns()}
    return [
        field("number", _("order number"), lambda order: order.number),
        field("system", _("system"), lambda order: order.system, at_first=False),
        of_the_buyer(people["name"], at_first=True),
        of_the_buyer(people[Kind.PHONE]),
        of_the_buyer(people["owner"]),
        field("status", _("status"), lambda order: order.get_status_display()),
        field("amount", _("amount of the order, in yuan"), lambda o: yuan(o.amount)),
        field(
            "refunded_amount",
            _("amount given back, in yuan"),
            lambda order: yuan(order.refunded_amount),
        ),
        field(
            "discount",
            _("discount, in yuan"),
            lambda order: yuan(order.discount),
            at_first=False,
        ),
        Column(name="lines", title=_("products"), cells=lines_of),
        field("shop", _("shop"), lambda order: order.shop),
        field("channel", _("sales channel"), lambda o: o.get_channel_display()),
        *(
            field(f"{status}_at", status.label, when(f"{status}_at"), at_first=first)
            for status, first in zip(
                Order.Status, (True, True, False, False, False), strict=True
            )
        ),
    ]


def when(name: str) -> Callable[[Order], str]:
    return lambda order: moment(getattr(order, name)) if getattr(order, name) else ""


def columns_of(kind: str) -> list[Column]:
    return order_columns() if kind == Export.Kind.ORDERS else contact_columns()


def chosen(kind: str, names: Sequence[str]) -> list[Column]:
    """Those of these names that there are, in the order of the list."""
    return [column for column in columns_of(kind) if column.name in names]


def rows_to_write(kind: str, numbers: Sequence[int], *, by: User) -> list[Any]:
    """Those whom the person may see now, in the order in which they were listed."""
    rows: QuerySet
    if kind == Export.Kind.ORDERS:
        buyers = Prefetch("contact", Contact.objects.select_related("owner"))
        rows = Order.objects.visible_to(by).prefetch_related(buyers)
    else:
        rows = Contact.objects.visible_to(by).select_related("owner")
        rows = rows.defer("grams", "spelling", "avatar")
    found = rows.in_bulk(list(numbers))
    return [found[number] for number in numbers if number in found]


def titles() -> dict[str, Any]:
    """Of all columns, by name: how the audit tells of them."""
    return {each.name: each.title for kind in Export.Kind for each in columns_of(kind)}


VALUES["exports.export", "columns"] = titles
