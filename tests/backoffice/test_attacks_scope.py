"""The attacks of whoever is let in, but should not see everything, by their numbers.

33 finding out what is masked, 34 by-ways of the admin, 35 being turned away, 36
somebody else's contacts, 39 looking at too much. Addresses, lists, fields and actions
are found in the URL configuration and the registry: what is new is attacked without
anyone remembering.
"""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib import admin
from django.db import transaction
from django.db.models import ForeignKey
from django.test import RequestFactory
from django.urls import resolve, reverse

from apps.audit import watch
from apps.audit.models import AuditRow
from apps.contacts.attributes import Told, set_values
from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.merge import merge
from apps.contacts.merge_models import Sign
from apps.contacts.models import Contact, Identity
from apps.contacts.phones import sealed_phones
from apps.contacts.proposals import Alike, propose
from apps.contacts.reading_values import fields_of, read_value
from apps.events.models import EventRecord
from apps.staff.models import Department
from tests import make
from tests.backoffice import attacked
from tests.backoffice.attacked import signed_in
from tests.conftest import day

pytestmark = pytest.mark.django_db

PERSON = EventRecord.Source.PERSON
PHONE, MAIL = "13987654321", "fremde-person@example.com"
UNION = "oFremdeUnion0000000000XY"
WHOLE = (PHONE, "139 8765 4321", "8765", MAIL, "fremde-person", UNION)
NAMES = ("外人客户", "别人备注", "别人的公司", "别人的资料", "wmFREMD", "别人的群")
GIVEN = re.compile(r"<(?:\w+:)?(\w+)>")  # what an address is given
NO_ROW = {"name", "app_label", "url"}  # pages of a list, or none
OF_A_BOARD = {"stage"}  # a column of it, which is a list
OF_A_CAMPAIGN = {"campaign", "token"}  # its poster, which shows nobody
PERSONAL = ("name", "remark", "value", "sealed", "digest", "tail_digest", "phones_")
PERSONAL += ("reason", "before", "after", "facts", "rows_", "spelling", "grams", "text")
LOOKS = "?q=外人&_popup=1"


@pytest.fixture
def other(lin) -> Contact:
    """Somebody else's contact, the last row of every list, with everything there is."""
    Department.objects.create(wecom_id=1, name="销售部")
    make.key()
    attacked.make_some_of_each(make.pull(status="done"))
    theirs = make.employee("王同事")
    twin, away = make.contact("外人客户二", owner=theirs), make.contact("外人客户三")
    other = make.contact("外人客户", owner=theirs, corp_name="别人的公司")
    make.note(other, text="外人说的话")
    Identity.objects.create(
        contact=other,
        kind="external",
        value="wmFREMD",
        source=PERSON,
        first_seen_at=day(1),
        last_seen_at=day(1),
    )
    sealed, digest = sealed_phones([PHONE])
    follow = make.follow(
        other,
        employee=theirs,
        remark="别人备注",
        phones_sealed=sealed,
        phones_digest=digest,
    )
    ids = [Id("phone", PHONE), Id("email", MAIL), Id("union", UNION)]
    known = [Known(other.pk, each) for each in ids]
    with transaction.atomic():
        keep_ids(known, source=PERSON, at=day(1))
    [field] = fields_of([make.attribute("爱好")])
    value = read_value(field, "别人的资料")
    set_values([Told(other.pk, field.attribute.pk, value)], source=PERSON, at=day(1))
    make.tagging(make.tag(), follow)
    chat = make.group_chat("别人的群", owner=theirs)
    make.stay(chat, follow)
    make.order(other)
    merge(winner=other, loser=away, by=make.root(), at=day(2))
    propose([Alike.of(other.pk, twin.pk, [Sign.PHONE])], at=day(2))
    make.event("FollowStarted", at=day(2), contact=other)
    phone = {"after": {"phone": PHONE}, "personal": ["phone"]}
    make.audited("changed", about=other, contact_id=other.pk, **phone)
    return other


@pytest.fixture
def lin():
    """An employee who serves somebody, but not the other."""
    lin = make.employee("林静")
    make.follow(make.contact("自己的客户", owner=lin), employee=lin)
    return lin


def of_others() -> dict[str, list[str]]:
    """All rows but those that say where one has a view that colleagues share, and that
    one took out a report of what one sees."""
    found = attacked.everything()
    del found["lists_place"]
    rows = found["audit_auditrow"]
    reports = (",exported,reports.reckoning,", ",exported,errands.errand,")
    others = [row for row in rows if not any(mine in row for mine in reports)]
    return found | {"audit_auditrow": others}


def list_of(model) -> str:
    return f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"


def texts(client, addresses):
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code < 500, address
        if not answer.streaming:
            yield address, answer.content.decode(errors="replace"), answer


class TestAttack36:
    @pytest.mark.parametrize("role", ["employee", "manager"])
    def test_nothing_of_somebody_elses_contact_is_on_any_page(self, other, lin, role):
        client = signed_in(make.sees(make.user(role=role, employee=lin), "self"))
        addresses = sorted(attacked.addresses())
        assert f"/admin/contacts/contact/{other.pk}/change/" in addresses
        lists = [a for a in addresses if a.count("/") == 4]
        asked = [address + LOOKS for address in lists]

        turned_away = set()
        for address, text, answer in texts(client, addresses + asked):
            assert [name for name in NAMES if name in text] == [], address
            is_home = answer.get("Location") == "/admin/" and "login" not in address
            if answer.status_code in (403, 404) or is_home:
                turned_away.add(resolve(address.partition("?")[0]).view_name)

        # 35: and each door that turned somebody away stands in the audit
        rows = AuditRow.objects.filter(deed="turned_away")
        assert len(turned_away) > 20
        assert turned_away - set(rows.values_list("door", flat=True)) == set()

    def test_a_list_counts_only_ones_own(self, other, lin):
        client = signed_in(make.user(role="employee", employee=lin))

        page = client.get("/admin/contacts/contact/")

        assert page.context["cl"].result_count == 1
        assert client.get("/admin/").status_code == 200

    def test_no_button_works_on_what_is_not_ones_own(self, other, lin):
        client = signed_in(make.sees(make.user(role="manager", employee=lin), "self"))
        before = of_others()
        forged = {"post": "yes", "reason": "any reason", "form-0-id": str(other.pk)}

        for address in sorted(attacked.addresses()):
            if "logout" not in address and "read-all" not in address:
                assert client.post(address, forged).status_code < 500, address

        assert of_others() == before

    def test_actions_do_nothing_to_rows_of_others(self, other, lin):
        user = make.sees(make.user(role="manager", employee=lin), "self")
        client, before = signed_in(user), attacked.everything()
        request = RequestFactory().get("/")
        request.user = user
        tried = 0

        for model, door in admin.site._registry.items():
            address = reverse(
                f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"
            )
            rows = list(model._default_manager.values_list("pk", flat=True)[:50])
            for action in {*door.get_actions(request), "delete_selected"}:
                for across in ("0", "1"):
                    form = {"action": action, "_selected_action": rows, "index": "0"}
                    answer = client.post(address, form | {"select_across": across})
                    assert answer.status_code < 500, (address, action)
                    tried += 1

        assert tried > 40
        assert attacked.everything() == before

    def test_a_right_that_was_taken_away_is_gone_at_once(self, other, lin):
        user = make.user(role="manager", employee=lin)
        client, address = signed_in(user), f"/admin/contacts/contact/{other.pk}/change/"
        assert client.get(address).status_code == 200

        make.sees(user, "self")

        assert client.get(address).status_code != 200
        assert "外人客户" not in client.get("/admin/search/?s=外人").content.decode()


class TestAttack33:
    def test_no_page_shows_a_whole_phone_mail_or_union_id(self, other):
        client = signed_in(make.user(role="admin"))
        addresses = set(attacked.addresses())
        lists = [a for a in addresses if a.count("/") == 4]
        of_other = f"?q={PHONE[-4:]}"

        seen = 0
        for address, text, answer in texts(
            client, sorted(addresses | {a + of_other for a in lists})
        ):
            assert [whole for whole in WHOLE if whole in text] == [], address
            seen += answer.status_code == 200
        assert seen > 60

    def test_no_list_answers_a_question_it_does_not_offer(self, other):
        request = RequestFactory().get("/")
        request.user = make.user(role="manager")
        ways = ["startswith", "regex", "gt", "lt", "isnull", "in", "exact", "contains"]
        deeper = ["password", "user__password", "identities__digest", "contact__name"]
        deeper += [
            "identity__contact__identities__tail_digest",
            "follows__phones_sealed",
        ]
        allowed = set()

        for door in admin.site._registry.values():
            fields = [field.name for field in door.model._meta.get_fields()]
            for name in [*fields, *deeper]:
                for lookup in [name, *(f"{name}__{way}" for way in ways)]:
                    if door.lookup_allowed(lookup, "1", request):
                        allowed.add(lookup)
            assert tuple(door.get_sortable_by(request)) == (), door.model
            assert not door.list_editable, door.model

        assert "status__exact" in allowed  # some of what lists offer
        assert [q for q in allowed if q.startswith((*deeper, *PERSONAL))] == []

    @pytest.mark.parametrize(
        "asked",
        [
            "identities__digest__startswith=1",
            "follows__phones_sealed__gt=1",
            "name__regex=^外",
            "owner__user__password__startswith=p",
        ],
    )
    def test_such_a_question_is_400(self, other, asked):
        client = signed_in(make.user(role="manager"))

        answer = client.get(f"/admin/contacts/contact/?{asked}")

        assert answer.status_code in (302, 400)
        assert "外人客户" not in answer.content.decode()

    def test_the_order_of_a_list_tells_nothing(self, other):
        client = signed_in(make.user(role="manager"))

        first = client.get("/admin/contacts/contact/").context["cl"].result_list
        for asked in ("o=1", "o=-3.1", "o=digest"):
            page = client.get(f"/admin/contacts/contact/?{asked}")
            assert list(page.context["cl"].result_list) == list(first)

    @pytest.mark.parametrize(
        "box", ["contacts/contact/?q=", "orders/order/?q=", "search/?s="]
    )
    def test_a_program_does_not_find_the_middle_of_a_phone(self, other, box):
        """It knows what is shown, and asks for each of the ten thousand there are."""
        client = signed_in(make.user(role="manager"))
        known = []

        for middle in [*range(8745, 8790)]:
            guess = f"139{middle:04}4321"
            page = client.get(f"/admin/{box}{guess}").content.decode()
            known += (
                [guess] if "/contact/" + str(other.pk) in page or "外人" in page else []
            )

        assert known == []
        assert AuditRow.objects.filter(deed="looked_too_much").count() == 1

    def test_whoever_knows_a_phone_still_finds_the_person(self, other):
        client = signed_in(make.user(role="manager"))

        for _time in range(15):  # again and again: it is no guess
            page = client.get(f"/admin/contacts/contact/?q={PHONE}").content.decode()
            assert "外人客户" in page


class TestAttack34:
    def test_nothing_can_be_picked_that_may_not_be_seen(self, other, lin):
        client = signed_in(make.sees(make.user(role="manager", employee=lin), "self"))
        asked = [
            f"/admin/autocomplete/?app_label={m._meta.app_label}"
            f"&model_name={m._meta.model_name}&field_name={field.name}&term={term}"
            for m in admin.site._registry
            for field in m._meta.get_fields()
            if isinstance(field, ForeignKey)
            for term in ("", "外人")
        ]
        assert len(asked) > 30

        for address, text, answer in texts(client, asked):
            assert answer.status_code in (403, 404, 200), address
            assert [name for name in NAMES if name in text] == [], address

    @pytest.mark.parametrize(
        "asked", ["_to_field=password", "_to_field=served_by", "_popup=1&_to_field=id"]
    )
    def test_by_ways_of_forms_tell_nothing_more(self, other, asked):
        client = signed_in(make.user(role="manager"))
        for door in admin.site._registry.values():
            answer = client.get(f"{reverse(list_of(door.model))}?{asked}")
            assert answer.status_code in (200, 302, 400, 403), door.model
            assert "pbkdf2" not in answer.content.decode()


class TestAttack39:
    def test_whoever_opens_more_pages_than_people_do_is_slowed_and_told_of(
        self, other, monkeypatch
    ):
        page = f"/admin/contacts/contact/{other.pk}/change/"
        few = watch.Watched(name="pages", most=5, window=timedelta(minutes=10))
        monkeypatch.setattr("scrm.middleware.PAGES", few)
        user = make.user("eifrig", role="manager")
        client = signed_in(user)
        with time_machine.travel(day(3), tick=False) as clock:
            statuses = [client.get(page).status_code for _ in range(8)]
            clock.shift(timedelta(minutes=10, seconds=1))
            statuses.append(client.get(page).status_code)
            told = signed_in(make.user(role="admin")).get("/admin/troubles/")

        assert statuses == [200] * 5 + [429] * 3 + [200]
        [row] = AuditRow.objects.filter(deed="looked_too_much")
        assert row.actor == user
        assert "eifrig" in told.content.decode()

    def test_every_page_of_a_row_counts(self):
        """The counter knows them by what their address is given."""
        assert watch.PAGES.most <= 1_000
        routes = {r for r, _pattern in attacked.patterns() if r.startswith("/admin/")}
        given = {route: set(GIVEN.findall(route)) for route in routes}
        beside = {"identity_pk", "note", "number"}  # never without what counts
        beside |= {"picture", "task"} | OF_A_BOARD | OF_A_CAMPAIGN

        assert set().union(*given.values()) - NO_ROW - beside == {
            "pk",
            "object_id",
            "content_type_id",
            "id",  # to set somebody's password
        }
        alone = beside - OF_A_BOARD - OF_A_CAMPAIGN
        assert [r for r, names in given.items() if names and names <= alone] == []
