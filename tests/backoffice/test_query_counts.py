"""What every page may cost: tests/query_counts.json says how many queries.

Every list and every page of a row is found in the admin registry, so that a new one is
missing from the file until somebody has looked at its number. The company is one
that was pulled whole: a query for each row shows.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.assignment.assign import assign
from apps.assignment.give import give
from apps.assignment.models import Pool
from apps.common.models import Slot
from apps.contacts.attributes import Told, set_values
from apps.contacts.merge import merge
from apps.contacts.models import Attribute, Contact
from apps.contacts.proposals import Alike, propose
from apps.contacts.reading_values import fields_of, read_value
from apps.events.models import EventRecord
from apps.scoring.models import Rescore
from apps.staff.models import Employee
from apps.sync.models import Pull
from apps.sync.pull import advance, start_pull
from tests import make
from tests.assignment.rules import a_rule, leads, person
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.posters.designs import a_poster

pytestmark = pytest.mark.django_db(transaction=True)

STATED: dict[str, int] = json.loads(
    (Path(__file__).parent.parent / "query_counts.json").read_text()
)
MOST = 12  # of a list, with those of session and rights
OF_A_TRANSACTION = re.compile(r"BEGIN|COMMIT|(RELEASE )?SAVEPOINT")
SOME = 3  # pages of each kind; the dearest counts
ROLES = ("admin", "manager", "employee")


@pytest.fixture
def living(corp, sandbox) -> Pull:
    """Whole lists of people, and many rows in every list that is ours."""
    make_some_twice()  # first: pages of the newest contacts are looked at
    for _number in range(SOME):
        a_poster()
    corp.populate(seed=11, employees=9, contacts=70, groups=6)
    pulled = start_pull(by=None, at=timezone.now())
    advance(pull=pulled)
    for number in range(6):
        for status in ("waiting", "done", "failed"):
            make.callback(status=status, subject=f"contact:wm{number}", last_error="")
            make.command(status=status, errcode=84061, called_at=day(1))
        make.pull(status="done", counts={"contacts": {"new": number}})
        told = make.event("FollowStarted", at=day(1))
        told.deliveries.create(subscriber="x", lane="news", status="failed")
        Slot.objects.create(task="sync.audit", slot_at=day(number + 1), lane="bulk")
        make.key(of=make.client(f"商城 {number}", system=f"shop{number}"))
        noted = make.user(role="employee")
        make.audited("changed", about=noted)
        make.saved_view()
        make.channel(tags=[])
        make.group_code()
        make.cost()
        make.errand()
        make.reckoning()
        make.handover()
        make.greeting(make.follow(), welcome=make.welcome(employees=[]))
        make.notice(make.task(make.lead().contact))
        make.lifetime_fit()
        make.predictor(standing="worse" if number else "used")
        make.foretelling(status="failed")
        make.score_rule()
        Rescore.objects.create(does="settle", lane="bulk", status="failed")
        make.segment().refreshes.create(lane="bulk", status="failed")
        make.erasure()
        make.consent_text()
        make.won()
        make.referral()
        ruled = make.tag_rule(make.tag("新客"), make.tag("活跃"))
        for _number in range(3):
            make.hit(ruled)
    for contact in Contact.objects.all():
        make.order(contact, paid_at=day(2))
        make.product()
        make.points_entry(contact)
    make_differences(make.pull(status="done", looks_only=True))
    fill_in_fields()
    deal_out()
    return pulled


def deal_out() -> None:
    """Rules that gave to some and found nobody for others; pools that are not empty."""
    somebody = make.employee()
    for number in range(SOME):
        a_rule(person(somebody, daily_cap=2), name=f"规则 {number}")
        Pool.objects.create(name=f"公海 {number}")
    newest = Contact.objects.order_by("-added_at")[:6]
    assign([contact.pk for contact in newest], at=day(3))
    for pool in Pool.objects.all():
        for contact in leads(3):
            give(contact=contact, pool=pool, how="return", at=day(3), why="空号")


def fill_in_fields() -> None:
    """Two fields of each type, with a value for everybody."""
    written = {
        "date": "2026-03-08",
        "yes_no": "是",
        "choice": "会员",
        "choices": "会员",
    }
    told = []
    for number, type in enumerate([*Attribute.Type.values] * 2):
        made = make.attribute(f"字段{number}", type, options=["会员"], fresh_days=1)
        [field] = fields_of([made])
        value = read_value(field, written.get(type, "12"))
        told += [Told(who.pk, made.pk, value) for who in Contact.objects.all()]
    set_values(told, source=EventRecord.Source.PERSON, at=day(1))


def make_some_twice() -> None:
    """Pairs to decide about, and merges that were done."""
    for number in range(6):
        one, other = (make.follow(make.contact(f"双{number}")) for _ in range(2))
        pair = [one.identity.contact, other.identity.contact]
        reasons = ["phone", "name"]
        if number % 2:
            merge(winner=pair[0], loser=pair[1], reasons=reasons, at=day(2))
        else:
            propose([Alike.of(pair[0].pk, pair[1].pk, reasons)], at=day(2))


def make_differences(pull: Pull) -> None:
    for number, employee in enumerate(Employee.objects.all()):
        pull.differences.create(
            step="contacts",
            thing="follow",
            kind="different",
            subject=f"{employee.wecom_id} · wm-{number}",
            field="tags",
            ours=f"et-{number}",
            theirs="",
            employee=employee,
        )


def costs(client: Client, address: str) -> int:
    """The queries of a page that was opened before; transactions are none. A row
    without a page of its own leads to where it stands."""
    assert client.get(address).status_code in (200, 302), address
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return sum(not OF_A_TRANSACTION.match(query["sql"]) for query in asked)


def lists_and_rows() -> Iterator[tuple[str, str]]:
    """What the registry has, by name: the list, and the pages of some rows."""
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label):
        name, opts = model._meta.label_lower, model._meta
        yield (
            f"{name} list",
            reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
        )
        for row in some_of(model):
            yield (
                f"{name} page",
                reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row]),
            )
            if model is Contact:
                later = reverse("admin:contacts_contact_later", args=[row])
                yield f"{name} later, side", f"{later}?place=side"
                yield f"{name} later, main", f"{later}?place=main"


def some_of(model: type[Model]) -> list[int]:
    """Whoever adds a kind of row says in `living` what there is to look at."""
    rows = model._default_manager.order_by("-pk").values_list("pk", flat=True)[:SOME]
    assert rows, f"there is no {model._meta.label} to look at"
    return list(rows)


def test_every_page_costs_what_is_stated_and_no_more(living):
    somebody = make.user(role="admin")
    for _number in range(SOME):
        make.imported(somebody)
        make.batch(somebody, make.tag())
        make.exported(somebody)
    client = signed_in(somebody)
    found: dict[str, int] = {}
    for name, address in lists_and_rows():
        found[name] = max(costs(client, address), found.get(name, 0))
    for role in ROLES:
        visitor = make.user(role=role, employee=make.employee("周颖"))
        found[f"front page of {role}"] = costs(signed_in(visitor), "/admin/")

    dear = {n: many for n, many in found.items() if many > STATED.get(n, -1)}
    told = json.dumps(dear, indent=2)
    assert not dear, f"not in tests/query_counts.json, or dearer than there: {told}"
    assert STATED.keys() == found.keys(), "pages that no longer exist are stated"


@pytest.mark.parametrize("name", [name for name in STATED if name.endswith(" list")])
def test_no_list_may_be_stated_to_cost_much(name):
    assert STATED[name] <= MOST
