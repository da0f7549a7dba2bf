"""What attackers look at: every address of the site, and all that the tables hold."""

import base64
import html
import re
from collections.abc import Iterator

from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import CharField, TextField, Value
from django.db.models.functions import Cast, Concat
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from apps.assignment.assign import general_pool
from apps.backoffice.changes import CHANGES
from apps.campaigns.models import Campaign
from apps.common.models import Slot
from apps.common.sealing import seal
from apps.contacts.models import Attribute, Contact, Identity
from apps.followups.models import Note, NotePicture, Stage, Task
from apps.posters.models import Background
from apps.scoring.models import Rescore
from apps.staff.models import User
from apps.sync.models import Pull
from apps.tags.models import TagChange
from tests import make
from tests.assignment.rules import a_rule
from tests.conftest import day
from tests.posters.designs import a_poster

# What is written whoever only looks, and tells of the looking alone.
OF_THE_VISIT = re.compile(r"django_session|axes_\w+|common_allowance")
TURNED_AWAY = "WHERE t.deed <> 'turned_away'"  # nothing is changed by being told no
HREF = re.compile(r'(?:href|action|data-url)="([^"#]+)"')
NEVER_THE_SAME = [
    re.compile(r'name="csrfmiddlewaretoken" value="\w+"'),
    re.compile(r"<code[^>]*>[0-9a-f]+</code>"),  # the number of the request
]


def make_some_of_each(pull: Pull) -> None:
    """A row for every page that a pull has none for; whoever adds a list adds a row."""
    for status in ("waiting", "failed"):
        make.callback(status=status)
        make.command(status=status, errcode=84061, called_at=day(1))
    make.pull(status="failed", held_back=[])
    told = make.event("FollowStarted", at=day(1))
    told.deliveries.create(subscriber="x", lane="news", status="failed")
    pull.differences.create(
        step="contacts", thing="follow", kind="different", subject="a · b"
    )
    Slot.objects.create(task="sync.audit", slot_at=day(1), lane="bulk")
    make.attribute("等级", "choice", options=["会员"])
    make.imported(make.user("bringer", role="manager"))
    make.exported(make.user("taker", role="manager"), needs_approval=True)
    make.user("somebody", role="employee")
    make.audited("changed", about=make.client())
    make.order()
    make.saved_view()
    make.won()
    door = make.channel()
    make.channel()
    make.group_code()
    make.handover()
    make.greeting(make.follow(), welcome=make.welcome("{nickname}您好"))
    make.segment().refreshes.create(lane="bulk", status="failed")
    make.hit(make.tag_rule(make.tag("新客")))
    make.batch(make.user("marker", role="manager"), make.tag("待跟进"))
    make.tag_change()
    last = Contact.objects.latest("pk")
    make.entry(make.follow(last), door)
    picture_of(make.note(last))
    make.lead(last)
    make.notice(make.task(last))
    make.lifetime_fit()
    make.predictor()
    make.predictor(standing="spare", used_since=day(1))
    make.foretelling(status="failed")
    make.score_rule()
    make.score_rule(in_force=False)
    make.score(last)
    Rescore.objects.create(does="settle", lane="bulk", status="failed")
    make.points_entry(last, why="补发")
    make.cost(door)
    make.errand()
    make.reckoning()
    general_pool()
    a_rule(make.employee())
    make.erasure()
    make.consent_text()
    make.referral()
    make.referral(last, inviter=last)
    make_drafts()


def make_drafts() -> None:
    """The newest of their kind: what may still be changed, and thrown away."""
    a_poster(make.campaign(launched=False))
    make.channel()


# Columns of words that strangers and colleagues write; what else is a code, or a key.
FREE = {"name", "remark", "corp_name", "position", "description", "title", "shop"}
FREE |= {"notice", "alias", "purpose", "reason", "text", "last_error"}
LONG = 50  # characters
MARKUP = "<img src=x onerror=alert(1)>\u202e</script>"


def picture_of(note: Note) -> None:
    jpeg = base64.b64encode(b"jpeg").decode()
    note.pictures.create(sealed=seal(jpeg), width=1, height=1)


def poison() -> set[str]:
    """Markup in every column of free words, of every row; answers their tables."""
    poisoned = set()
    for model in apps.get_models():
        for field in model._meta.local_fields:
            is_text = isinstance(field, CharField | TextField) and not field.choices
            if not is_text or field.name not in FREE:
                continue
            if (
                not model.__module__.startswith("apps.")
                or (field.max_length or 99) < 50
            ):
                continue
            number = Cast("pk", CharField())
            rows = model._base_manager.exclude(**{field.name: ""})
            if rows.update(**{field.name: Concat(Value(MARKUP), number)}):
                poisoned.add(model._meta.db_table)
    return poisoned


def signed_in(user: User, **how) -> Client:
    client = Client(**how)
    client.force_login(user)
    return client


def patterns(
    resolver: URLResolver | None = None, before: str = "/"
) -> Iterator[tuple[str, URLPattern]]:
    """Each address of the product as it is written, and what answers there."""
    for each in (resolver or get_resolver()).url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from patterns(each, route)
        else:
            yield route, each


def addresses() -> Iterator[str]:
    """Each address of the admin, filled in with rows that exist.

    Fails where an address wants something that is not known here: whoever adds such a
    one says with what to try it.
    """
    for route, pattern in patterns():
        if route.startswith("/admin/") and route != "/admin/(?P<url>.*)$":
            route = route.replace("^", "").replace("$", "")
            if "(?P<" in route:  # the pages of an app: Django spells them out
                continue
            given = dict(re.findall(r"<(?:(\w+):)?(\w+)>", route))
            yield re.sub(r"<[^>]+>", lambda m, r=route: value_for(m[0], r), route)
            assert given is not None, pattern


def value_for(place: str, route: str) -> str:
    name = place.strip("<>").rpartition(":")[2]
    if name == "content_type_id":
        return str(ContentType.objects.get_for_model(Contact).pk)
    if name == "name":
        return next(iter(CHANGES))
    if name == "identity_pk":
        return str(Identity.objects.latest("pk").pk)
    if name == "number":
        return str(Attribute.objects.latest("pk").pk)
    if "/told/" in route:
        return str(TagChange.objects.latest("pk").pk)
    if name == "campaign":
        return str(Campaign.objects.latest("pk").pk)
    if name == "token":
        return str(Background.objects.latest("pk").token)
    if name == "note":
        return str(Note.objects.latest("pk").pk)
    if name in ("picture", "stage", "task"):
        model = {"picture": NotePicture, "stage": Stage, "task": Task}[name]
        return str(model._default_manager.latest("pk").pk)
    assert name in ("id", "pk", "object_id"), f"{route}: what is {name}?"
    for model in admin.site._registry:
        if f"/{model._meta.app_label}/{model._meta.model_name}/" in route:
            row = model._default_manager.order_by("pk").last()
            assert row, f"{route}: there is no {model._meta.label} to look at"
            return str(row.pk)
    return str(Contact.objects.latest("pk").pk)


def links(page: str, *, on: str) -> set[str]:
    """Where the page leads within the admin."""
    found = {html.unescape(link) for link in HREF.findall(page)}
    return {
        on.partition("?")[0] + link if link.startswith("?") else link
        for link in found
        if link.startswith(("/admin/", "?"))
    }


def some_of_each(links: set[str], *, many: int = 2) -> set[str]:
    """Pages that differ only in what is asked for are alike."""
    chosen: dict[str, list[str]] = {}
    for link in sorted(links):
        chosen.setdefault(re.sub(r"\d+", "1", link.partition("?")[0]), []).append(link)
    return {link for alike in chosen.values() for link in alike[:many]}


def everything() -> dict[str, list[str]]:
    """Each row of each table as text; not what a visit leaves by itself."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if not OF_THE_VISIT.fullmatch(table):
                which = TURNED_AWAY if table == "audit_auditrow" else ""
                cursor.execute(f'SELECT t::text FROM "{table}" t {which} ORDER BY 1')
                found[table] = [row for [row] in cursor.fetchall()]
    return found


def the_same(content: bytes, *, name: str) -> str:
    """A page without what differs from one request to the next by design."""
    text = content.decode().replace(f'value="{name}"', 'value="NAME"')
    for pattern in NEVER_THE_SAME:
        text = pattern.sub("", text)
    return text
