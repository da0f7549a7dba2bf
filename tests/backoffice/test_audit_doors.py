"""Whoever changes something through a door of ours is written down with the change.

The doors are those of the URL configuration, the admin registry and the API's document:
whatever takes a POST either changes nothing, or writes its row of the audit in the same
transaction. A new door is pressed without anyone remembering it; that it then does
nothing is a failure, too, until it is said with what to press it (pressed.py).
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.common.jobs import every_kind_of_job
from apps.contacts.identities import Id, Known, keep_ids
from apps.events.models import EventRecord
from apps.staff.models import Department, User
from tests import make
from tests.backoffice import attacked
from tests.backoffice.pressed import PRESSED, TELLS_NOTHING, Press
from tests.backoffice.test_query_counts import make_some_twice
from tests.common.api.examples import JSON, MADE, TOLD, example_of, known
from tests.conftest import day

pytestmark = pytest.mark.django_db

FROM = "203.0.113.7"
TODAY_NO_AUDIT = """
CREATE FUNCTION refuse_the_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('scrm.no_audit', true) = 'on' THEN
        RAISE EXCEPTION 'no audit today';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_audit_today BEFORE INSERT ON audit_auditrow
FOR EACH ROW EXECUTE FUNCTION refuse_the_audit();
"""
# What a visit leaves by itself; the keys of the audit; how one likes one's own lists;
# the job that works a segment out anew.
APART = re.compile(
    r"django_session|axes_\w+|common_allowance|audit_\w+|lists_place|exports_preset"
    r"|segments_refresh"
)
VISITORS = "/api/v1/mini/"  # what they do themselves is no deed of one of us
TRIED_AGAIN = re.compile(r"_(try_again|replay)$")
WAYS = ("add", "change", "delete", "history", "changelist")  # Django's own pages
CONTENTS = "SELECT '{0}', md5(string_agg(t::text, '' ORDER BY t::text)) FROM \"{0}\" t"


@pytest.fixture
def root() -> User:
    """Somebody of each kind of row, and whoever may do everything to them."""
    Department.objects.create(wecom_id=1, name="销售部")
    root = make.user("root", role="admin", is_superuser=True)
    attacked.make_some_of_each(make.pull(status="failed"))
    make_some_twice()
    make.group_chat(owner=make.employee())
    newest = make.contact("张三")
    make.tagging(make.tag(), make.follow(newest))
    make.note(newest)
    phone = Known(newest.pk, Id("phone", "13812345678"))
    keep_ids([phone], source=EventRecord.Source.PERSON, at=day(1))
    make.attribute("爱好")
    make.saved_view(query="standing=friend")
    attacked.make_drafts()
    with connection.cursor() as cursor:
        cursor.execute(TODAY_NO_AUDIT)
    return root


def contents() -> dict[str, str]:
    """Of each table that holds what the audit should know: the same while it is."""
    names = connection.introspection.table_names()
    kept = [name for name in names if not APART.fullmatch(name)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(map(CONTENTS.format, kept)))
        return dict(cursor.fetchall())


class Pressed:
    """A door pressed twice, first while the audit takes no rows; then all is undone."""

    def __init__(self, send: Callable[[], Any], first: Callable[[], Any]) -> None:
        self.unaudited: list[str] = []
        with transaction.atomic():
            first()
            self.now = contents()
            refuse_the_audit("on")
            send()
            if connection.connection.info.transaction_status.name == "INERROR":
                self.unaudited = ["everything: no transaction of its own"]
            else:
                self.unaudited = self.changed()
                refuse_the_audit("off")
                newest = AuditRow.objects.order_by("-pk").first()
                self.answer = send()
                rows = AuditRow.objects.filter(pk__gt=newest.pk if newest else 0)
                self.notes = list(rows)
            transaction.set_rollback(True)

    def changed(self) -> list[str]:
        before, self.now = self.now, contents()
        return [name for name in before if before[name] != self.now[name]]


def everything_failed(_by: User) -> None:
    for model in every_kind_of_job():
        model.objects.update(status="failed")


def refuse_the_audit(on_or_off: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL scrm.no_audit = '{on_or_off}'")


def buttons(root: User) -> Iterator[tuple[str, str]]:
    """Each address that is not Django's, and forms that Django makes of our models."""
    request = RequestFactory().get("/")
    request.user = root
    ours = [m._meta.label_lower.replace(".", "_") for m in admin.site._registry]
    of_django = {f"{name}_{way}" for name in ours for way in WAYS}
    for address in sorted(attacked.addresses()):
        match = resolve(address)
        name = match.view_name.removeprefix("admin:")
        if ":" in name or "pattern_name" in getattr(match.func, "view_initkwargs", ()):
            continue
        if name not in of_django:
            yield name, address
    for model, door in admin.site._registry.items():
        name = model._meta.label_lower.replace(".", "_")
        row = model._default_manager.order_by("pk").last()
        if door.has_add_permission(request):
            yield f"{name}_add", reverse(f"admin:{name}_add")
        for way in ("change", "delete"):
            if getattr(door, f"has_{way}_permission")(request, row):
                yield f"{name}_{way}", reverse(f"admin:{name}_{way}", args=[row.pk])


@pytest.fixture
def visitor(root) -> Callable[[], Client]:
    """Root, who has signed in; each time anew, for one of the doors is the way out."""
    signed_in = attacked.signed_in(root)

    def visit() -> Client:
        client = Client(REMOTE_ADDR=FROM, raise_request_exception=False)
        client.cookies = signed_in.cookies.copy()
        return client

    return visit


def what_is_wrong(pressed: Pressed, *, by: User | None) -> str:
    if pressed.unaudited:
        return f"changed without the audit: {pressed.unaudited}"
    if not pressed.notes:
        return f"did nothing ({pressed.answer.status_code}): press it with something"
    for row in pressed.notes:
        told = (row.actor_id, row.address, bool(row.door), bool(row.request_id))
        if told != (by.pk if by else None, FROM, True, True):
            return f"{row.deed} does not say by whom, and from where: {told}"
        if abs(row.at - timezone.now()).total_seconds() > 60:
            return f"{row.deed} does not say when"
        if not (row.about_kind and row.deed):
            return f"{row.deed} does not say what"
    return ""


def test_every_button_and_form_of_the_admin_is_audited(root, visitor):
    wrong, audited = {}, set()

    for name, address in buttons(root):
        failed = Press(first=everything_failed if TRIED_AGAIN.search(name) else None)
        press = PRESSED.get(name, failed)
        pressed = Pressed(
            lambda p=press, a=address: visitor().post(f"{a}?{p.asked}", p.filled_in()),
            first=lambda p=press: p.first and p.first(root),
        )
        reads = not pressed.unaudited and pressed.answer.status_code == 405
        if name in TELLS_NOTHING or reads:
            why = f"changed {pressed.unaudited}" if pressed.unaudited else ""
        else:
            why = what_is_wrong(pressed, by=root)
            audited.add(name)
        if why:
            wrong[name] = why

    assert not wrong, "\n".join(f"{name}: {why}" for name, why in wrong.items())
    assert len(audited) > 55
    assert {*PRESSED, *TELLS_NOTHING} - audited - {*TELLS_NOTHING} == set()


def test_every_action_of_a_list_is_audited(root, visitor):
    request = RequestFactory().get("/")
    request.user = root
    wrong, tried = {}, 0

    for model, door in admin.site._registry.items():
        address = reverse(
            f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"
        )
        for action in door.get_actions(request):
            rows = model._default_manager.values_list("pk", flat=True)
            form = {"action": action, "index": "0", "_selected_action": rows[:2]}
            status = "failed" if action.startswith("try_again") else "unknown"
            pressed = Pressed(
                lambda a=address, f=form: visitor().post(a, f),
                first=lambda m=model, s=status: m._default_manager.update(status=s),
            )
            tried += 1
            if why := what_is_wrong(pressed, by=root):
                wrong[f"{model._meta.label} {action}"] = why

    assert not wrong, "\n".join(f"{name}: {why}" for name, why in wrong.items())
    assert tried >= 9


def test_whatever_is_written_by_the_api_is_audited(root):
    headers = {"Authorization": f"Bearer {make.key()}", "Idempotency-Key": "k"}
    numbers = known()
    assert len(TOLD) >= 2
    assert all(m in ("get", "post") for each in MADE["paths"].values() for m in each)

    ours = [told for told in TOLD if not told[0].startswith(VISITORS)]
    for path, body in ours:
        told, address = example_of(body), path.format(**numbers)
        if "code" in told:
            told = told | {"code": make.won().redeem_code}
        client = Client(REMOTE_ADDR=FROM, raise_request_exception=False)
        pressed = Pressed(
            lambda c=client, a=address, t=told: c.post(
                a, t, content_type=JSON, headers=headers
            ),
            first=lambda c=client: c.get(
                "/api/v1/orders", headers=headers
            ),  # it is used
        )
        assert what_is_wrong(pressed, by=None) == "", path
