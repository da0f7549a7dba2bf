"""Contacts, and what names one, are seen by whoever serves them, and their scope."""

import pytest
from django.contrib.auth.models import Group

from apps.contacts.follow import end_follows, start_follows
from apps.contacts.models import Contact, Follow, Identity
from apps.contacts.rows import EndRow, FollowRow
from apps.contacts.settle import settle
from apps.events.models import EventRecord
from apps.groups.models import GroupChat, Stay
from apps.staff.models import Scope
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

CALLBACK = EventRecord.Source.CALLBACK


@pytest.fixture
def lin():
    return make.employee("林静")


@pytest.fixture
def user(lin):
    return make.user(role="employee", employee=lin)


def seen(user) -> set[str]:
    return set(Contact.objects.visible_to(user).values_list("name", flat=True))


class TestContacts:
    def test_are_those_one_owns_or_is_connected_with(self, user, lin):
        make.contact("own", owner=lin)
        make.follow(make.contact("shared", owner=make.employee()), employee=lin)
        make.contact("other", owner=make.employee())
        make.contact("nobody's")

        assert seen(user) == {"own", "shared"}

    def test_of_whom_nobody_is_connected_with_are_the_lasts(self, user, lin):
        gone = make.contact("gone")
        make.follow(gone, ended_at=day(2), ended_by="contact")
        make.follow(gone, employee=lin, ended_at=day(3), ended_by="contact")
        settle([gone.pk])

        assert seen(user) == {"gone"}

    def test_who_left_one_but_not_the_colleague_are_the_colleagues(self, user, lin):
        shared = make.contact("shared")
        make.follow(shared)
        make.follow(shared, employee=lin, ended_at=day(3), ended_by="contact")
        settle([shared.pk])

        assert seen(user) == set()

    def test_are_nobodys_without_the_right_to_see_any(self, lin):
        make.contact("own", owner=lin)
        user = make.user(role="employee", employee=lin)
        Group.objects.get(name="employee").permissions.clear()

        assert seen(user) == set()

    @pytest.mark.parametrize("others", [0, 25])
    def test_are_the_same_whether_one_sees_many_or_few_colleagues(self, lin, others):
        """Many are looked for row by row, few by an index."""
        user = make.sees(make.user(role="manager", employee=lin), Scope.DEPARTMENT)
        for _number in range(others):
            make.employee()
        make.contact("own", owner=lin)
        make.follow(make.contact("shared", owner=make.employee()), employee=lin)
        make.contact("other", owner=make.employee())

        assert user.reach.are_many == (not others)
        assert seen(user) == {"own", "shared"}

    def test_are_all_to_those_who_see_everybody(self):
        make.contact("nobody's")

        assert seen(make.user(role="manager")) == {"nobody's"}

    def test_follow_what_wecom_says_at_once(self, user, lin):
        """Met, shared, dropped, and left: each time it is written who serves them."""
        lily = make.employee("Lily")
        steps = []

        def who_serves():
            contact = Contact.objects.get()
            steps.append((sorted(contact.served_by), bool(seen(user))))

        def starts(employee, at):
            row = FollowRow(external_id="wm1", employee_id=employee.pk, began_at=at)
            start_follows([row], source=CALLBACK)
            who_serves()

        def ends(employee, at, by):
            row = EndRow(
                external_id="wm1", employee_id=employee.pk, ended_at=at, ended_by=by
            )
            end_follows([row], source=CALLBACK)
            who_serves()

        starts(lily, day(1))
        starts(lin, day(2))
        ends(lily, day(3), "employee")
        ends(lin, day(4), "contact")
        starts(lily, day(5))

        assert steps == [
            ([lily.pk], False),
            ([lin.pk, lily.pk], True),
            ([lin.pk], True),
            ([lin.pk], True),
            ([lily.pk], False),
        ]


class TestWhatNamesAContact:
    def test_follows_and_identities_are_seen_with_their_contact(self, user, lin):
        mine = make.contact("mine", owner=lin)
        make.follow(mine, employee=make.employee())
        make.follow(make.contact("other"))

        follows, identities = Follow.objects, Identity.objects
        assert [f.identity.contact for f in follows.visible_to(user)] == [mine]
        assert [i.contact for i in identities.visible_to(user)] == [mine]

    def test_group_chats_are_seen_by_whoever_owns_them_or_is_in_them(self, user, lin):
        make_group = GroupChat.objects.create
        make_group(wecom_id="owned", owner=lin)
        inside = make_group(wecom_id="inside")
        left = make_group(wecom_id="left")
        make_group(wecom_id="foreign", owner=make.employee())
        joined = {"employee": lin, "member_id": "lin", "joined_at": day(1)}
        Stay.objects.create(group=inside, **joined)
        Stay.objects.create(group=left, left_at=day(2), **joined)

        groups = GroupChat.objects.visible_to(user).values_list("wecom_id", flat=True)
        assert set(groups) == {"owned", "inside"}

    def test_events_are_seen_by_those_who_see_everybody(self, user):
        make.event("FollowStarted", at=day(1))
        manager = make.user(role="manager")

        assert EventRecord.objects.visible_to(manager).count() == 1
        assert EventRecord.objects.visible_to(user).count() == 0
        manager = make.sees(manager, Scope.BELOW)
        assert EventRecord.objects.visible_to(manager).count() == 0
