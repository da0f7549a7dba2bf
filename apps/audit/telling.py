"""Audit rows in words: what was done, to what, from which value to which.

Deeds and fields are named here and by apps above, which know what theirs mean. What is
personal is shown masked, whoever looks: to see it whole is a deed of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.models import AuditRow
from apps.audit.sealed_values import opened
from apps.common.masking import masked
from apps.common.wording import moment

MOST = 20  # of a list of values that are shown
LONGER_THAN_A_DAY = 10  # characters

DEEDS: dict[str, Any] = {
    "added": _("added"),
    "changed": _("changed"),
    "deleted": _("deleted"),
    "archived": _("archived"),
    "refused": _("was refused"),
    "tried_again": _("tried again"),
    "was_sent": _("wrote down as sent"),
    "sent_now": _("had it sent now"),
    "pulled": _("began a pull"),
    "checked": _("began a check"),
    "cancelled": _("stopped a pull"),
    "believed": _("confirmed removals"),
    "asked_wecom": _("asked WeCom for a change"),
    "seen": _("has seen it"),
    "read_again": _("had it read again from WeCom"),
    "unmasked": _("saw it unmasked"),
    "looked_too_much": _("looked at more than people do"),
    "turned_away": _("was turned away"),
    "exported": _("asked for an export"),
    "approved": _("approved"),
    "fetched": _("downloaded the file"),
    "brought": _("imported"),
    "taken_back": _("took an import back"),
    "import_checked": _("had a table checked"),
    "import_written": _("had a table imported"),
    "import_stopped": _("stopped an import"),
    "export_stopped": _("stopped an export"),
    "merged": _("merged two contacts"),
    "unmerged": _("took a merge back"),
    "decided": _("decided"),
    "orders_told": _("told orders"),
    "follow_up_told": _("told of a follow-up"),
    "owner_told": _("said whose a contact is"),
    "behaviour_told": _("reported behaviour"),
    "published": _("published"),
    "stopped": _("stopped the code"),
    "made_anew": _("had the code made anew"),
    "paused": _("paused a colleague"),
    "resumed": _("let a colleague go on"),
    "password_changed": _("changed their own password"),
}
FIELDS: dict[str, Any] = {
    "password": _("password"),
    "role": _("role"),
    "employee": _("employee"),
    "username": _("sign-in name"),
    "first_name": _("full name"),
    "many": _("how many"),
    "numbers": _("numbers"),
    "alike": _("reason"),
    "door": _("page"),
    "shown": _("what was shown"),
    "looked_at": _("what was looked at"),
    "turned_away_for": _("turned away"),
    "times": _("how often"),
    "ids": _("ids"),
    "rows": _("rows"),
    "other": _("the other contact"),
    "meanings": _("columns"),
    "key": _("key"),
    "columns": _("columns"),
    "whole": _("unmasked"),
    "filter": _("filtered for"),
    "form": _("form"),
    "kind": _("what is in it"),
    "system": _("system"),
    "orders": _("orders"),
}
# What a value of a field is called, by kind and field; choices of a model are known.
VALUES: dict[tuple[str, str], Callable[[], Mapping[str, Any]]] = {}
Names = Callable[[str, str], Mapping[str, Any]]
# A value that is many in one, by kind and field: each by its name, in words. The
# second takes from the database what many of them need, once for all rows of a page.
Parts = Callable[[Mapping[str, Any], Any], dict[Any, str]]
PARTS: dict[tuple[str, str], tuple[Parts, Callable[[], Any]]] = {}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field: what it was, and what it is."""

    field: Any
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """A row as a page shows it."""

    row: AuditRow
    deed: Any
    kind: Any
    address: str  # of the object's own page; empty if it has none
    changes: list[Change]
    reason: str
    is_erased: bool


def tell(rows: Iterable[AuditRow]) -> list[Told]:
    """One query for the keys of all contacts that are named."""
    rows = list(rows)
    secrets = opened(rows)
    names, needs = cache(names_of_values), cache(lambda key: PARTS[key][1]())
    return [told(row, secrets.get(row.pk), names, needs) for row in rows]


def told(
    row: AuditRow,
    secret: dict[str, Any] | None,
    names: Names,
    needs: Callable[[tuple[str, str]], Any],
) -> Told:
    hidden = secret or {"before": {}, "after": {}, "reason": ""}
    kind, old, new = row.about_kind, hidden["before"], hidden["after"]
    personal = [
        Change(
            field=field_in_words(kind, name),
            before=value_in_words(masked(name, old.get(name)), {}),
            after=value_in_words(masked(name, new.get(name)), {}),
        )
        for name in sorted({*old, *new})
    ]
    plain: list[Change] = []
    for name in {**row.before, **row.after}:
        one, other = row.before.get(name), row.after.get(name)
        if (kind, name) in PARTS:
            plain += changed_parts(kind, name, one, other, needs)
            continue
        change = Change(
            field=field_in_words(kind, name),
            before=value_in_words(one, names(kind, name)),
            after=value_in_words(other, names(kind, name)),
        )
        plain.append(change)
    return Told(
        row=row,
        deed=DEEDS.get(row.deed, row.deed),
        kind=kind_in_words(row.about_kind),
        address=address_of(row),
        changes=[*plain, *personal],
        reason=row.reason or hidden["reason"],
        is_erased=bool(row.sealed) and secret is None,
    )


def changed_parts(
    kind: str,
    name: str,
    one: Any,
    other: Any,
    needs: Callable[[tuple[str, str]], Any],
) -> list[Change]:
    """Those parts of the two that differ."""
    words, _needs = PARTS[kind, name]
    need = needs((kind, name))
    before, after = (
        words(value if isinstance(value, dict) else {}, need) for value in (one, other)
    )
    return [
        Change(field=part, before=before.get(part, ""), after=after.get(part, ""))
        for part in {**before, **after}
        if before.get(part, "") != after.get(part, "")
    ]


def names_of_values(kind: str, name: str) -> Mapping[str, Any]:
    for known in ((kind, name), ("", name)):  # of this kind, or of any
        if known in VALUES:
            return VALUES[known]()
    try:
        return dict(apps.get_model(kind)._meta.get_field(name).flatchoices)
    except (LookupError, ValueError, FieldDoesNotExist, AttributeError):
        return {}


def value_in_words(value: Any, names: Mapping[str, Any]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list):
        shown = "、".join(value_in_words(each, names) for each in value[:MOST])
        return f"{shown} …" if len(value) > MOST else shown
    if not isinstance(value, str):
        return str(value)
    at = moment_in(value)
    return moment(at) if at else str(names.get(value, value))


def moment_in(value: str) -> datetime | None:
    """Moments are kept as 2026-03-08T06:08:00+00:00."""
    try:
        at = datetime.fromisoformat(value) if len(value) > LONGER_THAN_A_DAY else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None


def kind_in_words(kind: str) -> Any:
    try:
        return apps.get_model(kind)._meta.verbose_name if kind else ""
    except LookupError:  # a model that is no more
        return kind


def field_in_words(kind: str, name: str) -> Any:
    if name in FIELDS:
        return FIELDS[name]
    try:
        return apps.get_model(kind)._meta.get_field(name).verbose_name
    except (LookupError, ValueError, FieldDoesNotExist, AttributeError):
        return name


def address_of(row: AuditRow) -> str:
    if not row.about_id:
        return ""
    try:
        name = row.about_kind.replace(".", "_")
        return reverse(f"admin:{name}_change", args=[row.about_id])
    except NoReverseMatch:
        return ""
