"""Somebody is in a group chat, joins it or leaves it; the group is dismissed."""

import itertools
import threading
from datetime import timedelta

import pytest
from django.db import connection

from apps.contacts.models import Contact, Identity
from apps.events.models import EventRecord
from apps.groups.chats import GroupRow, MemberRow, keep_statuses
from apps.groups.models import GroupChat, Stay
from apps.groups.stay import dismiss, keep_groups, leave_group
from apps.groups.subscribers import call_the_renamed_by_their_account
from apps.staff.events import AccountRenamed
from apps.staff.models import Employee
from apps.staff.rename import rename_account
from tests.conftest import day

Source = EventRecord.Source
LeftBy = Stay.LeftBy
SECONDS = timedelta(seconds=2)


def member(who: str, joined_at=None, **told) -> MemberRow:
    told = {"is_employee": False, "scene": 3, "name": f"name of {who}", **told}
    return MemberRow(member_id=who, joined_at=joined_at or day(1), **told)


def staff(who: str, joined_at=None, **told) -> MemberRow:
    return member(who, joined_at, is_employee=True, scene=1, **told)


def group(*members: MemberRow, read_at=None, **told) -> GroupRow:
    told = {"name": "群", "owner": "ann", "created_at": day(1), **told}
    told = {"wecom_id": "wr-1", "members": members, **told}
    return GroupRow(read_at=read_at or day(5), **told)


def keep(*rows: GroupRow, source=Source.RECONCILE):
    return keep_groups(rows, source=source, at=day(5))


def leave(*who: str, at, by=LeftBy.SELF) -> None:
    leave_group(
        chat_id="wr-1", member_ids=who, at=at, left_by=by, source=Source.CALLBACK
    )


def end(at) -> None:
    dismiss(chat_id="wr-1", at=at, source=Source.CALLBACK)


def spans(who: str = "wm-1") -> list[tuple]:
    stays = Stay.objects.filter(member_id=who).order_by("joined_at", "pk")
    return [(s.joined_at, s.left_at, s.left_by) for s in stays]


def kinds() -> list[str]:
    records = EventRecord.objects.filter(kind__startswith="Group").order_by("at", "pk")
    return [record.kind for record in records]


@pytest.mark.django_db
class TestKeepGroups:
    def test_keeps_the_group_and_everybody_in_it(self):
        keep(
            group(
                staff("ann"),
                member("wm-1", state="jw_1", nickname="小一", invited_by="ann"),
                notice="公告",
                admins=("bob", "ann"),
                status=1,
                member_version="v1",
            )
        )

        chat = GroupChat.objects.get()
        assert (chat.name, chat.notice, chat.owner.wecom_id) == ("群", "公告", "ann")
        assert (chat.admins, chat.status) == (["ann", "bob"], 1)
        assert (chat.member_count, chat.contact_count) == (2, 1)
        stay = Stay.objects.get(member_id="wm-1")
        assert (stay.scene, stay.state, stay.nickname) == (3, "jw_1", "小一")
        assert stay.identity.contact.name == "name of wm-1"
        assert Stay.objects.get(member_id="ann").employee == chat.owner

    def test_somebody_known_keeps_the_name_they_have(self):
        keep(group(member("wm-1", name="张三")))

        keep(group(member("wm-1", name="群里的张三"), read_at=day(6)))

        assert Contact.objects.get().name == "张三"
        assert Stay.objects.get().name == "群里的张三"

    def test_writes_nothing_when_nothing_differs(self):
        rows = [staff("ann"), member("wm-1"), member("wm-2", day(2))]
        keep(group(*rows))
        before = marks()

        kept = keep(group(*rows, read_at=day(6)))

        assert marks() == before
        assert (kept.new, kept.different) == (0, 0)

    def test_keeps_several_at_once(self):
        kept = keep(
            group(member("wm-1")), group(member("wm-1"), wecom_id="wr-2", owner="bob")
        )

        assert kept.new == 2
        assert len(spans()) == 2
        assert Contact.objects.count() == 1

    def test_who_is_no_longer_listed_is_gone(self):
        keep(group(member("wm-1"), member("wm-2")))

        keep(group(member("wm-1"), read_at=day(6)))

        assert spans("wm-2") == [(day(1), day(6), "gone")]
        assert GroupChat.objects.get().member_count == 1

    def test_a_different_moment_of_joining_is_a_new_stay(self):
        keep(group(member("wm-1")))

        keep(group(member("wm-1", day(6)), read_at=day(7)))

        assert spans() == [(day(1), day(6), ""), (day(6), None, "")]

    def test_what_was_read_before_the_last_difference_changes_nothing(self):
        keep(group(member("wm-1"), name="new", read_at=day(6)))

        keep(group(name="old", read_at=day(5)))

        assert GroupChat.objects.get().name == "new"
        assert spans() == [(day(1), None, "")]

    def test_a_status_that_is_not_told_stays(self):
        keep(group(status=1))
        keep(group(status=None, name="other", read_at=day(6)))

        assert GroupChat.objects.get().status == 1
        assert keep_statuses({"wr-1": 3, "wr-unknown": 1}) == 1
        assert GroupChat.objects.get().status == 3

    def test_is_found_by_its_name_in_pinyin(self):
        keep(group(name="福利群"))

        assert GroupChat.objects.get().spelling.startswith(" fuliqun flq")


def marks() -> list:
    found = []
    with connection.cursor() as cursor:
        for model in [GroupChat, Stay, Contact, Identity, EventRecord]:
            table = model._meta.db_table
            cursor.execute(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY 1")
            found.append(cursor.fetchall())
    return found


@pytest.mark.django_db
class TestLeaveGroup:
    def test_tells_how_they_left(self):
        keep(group(member("wm-1"), member("wm-2")))

        leave("wm-1", at=day(6))
        leave("wm-2", at=day(6), by=LeftBy.REMOVED)

        assert spans("wm-1") == [(day(1), day(6), "self")]
        assert spans("wm-2") == [(day(1), day(6), "removed")]
        assert GroupChat.objects.get().member_count == 0

    def test_the_true_end_replaces_the_concluded_one(self):
        keep(group(member("wm-1")))
        keep(group(read_at=day(7)))

        leave("wm-1", at=day(6), by=LeftBy.REMOVED)

        assert spans() == [(day(1), day(6), "removed")]

    def test_an_answer_read_just_before_the_end_does_not_revive(self):
        keep(group(member("wm-1")))
        leave("wm-1", at=day(6))

        keep(group(member("wm-1"), read_at=day(6) + SECONDS))

        assert spans() == [(day(1), day(6), "self")]

    def test_an_end_heard_before_the_joining_is_read_is_kept_for_it(self):
        leave("wm-1", at=day(6))
        assert spans() == [(day(6), day(6), "self")]

        keep(group(member("wm-1"), read_at=day(6) - SECONDS))

        assert spans() == [(day(1), day(6), "self")]
        assert Stay.objects.get().scene == 3

    def test_an_employee_whom_we_know_is_no_contact(self):
        Employee.objects.create(wecom_id="bob")

        leave("Bob", at=day(6))

        assert Stay.objects.get().employee.wecom_id == "bob"
        assert not Contact.objects.exists()

    def test_a_stranger_is_taken_for_what_the_id_looks_like(self):
        leave("wmStranger", "eve", at=day(6))

        assert Stay.objects.get(member_id="wmStranger").identity
        assert Stay.objects.get(member_id="eve").employee

    @pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
    def test_coming_and_going_is_the_same_in_any_order(self, order):
        life = [
            lambda: keep(group(member("wm-1"), read_at=day(2))),
            lambda: leave("wm-1", at=day(3)),
            lambda: keep(group(member("wm-1", day(4)), read_at=day(5))),
            lambda: leave("wm-1", at=day(6), by=LeftBy.REMOVED),
        ]

        for number in order:
            life[number]()
            life[number]()

        told = spans()
        assert told[-1] == (day(4), day(6), "removed")
        assert GroupChat.objects.get().member_count == 0
        # The older reading says nothing any more once a newer one was kept.
        assert [span[1:] for span in told] == [(day(3), "self"), (day(6), "removed")]
        assert kinds().count("GroupLeft") == 2


@pytest.mark.django_db
class TestDismiss:
    def test_nobody_is_in_it_any_more(self):
        keep(group(staff("ann"), member("wm-1"), member("wm-2")))
        leave("wm-2", at=day(6))

        end(at=day(7))

        assert GroupChat.objects.get().dismissed_at == day(7)
        assert GroupChat.objects.get().member_count == 0
        assert spans("ann") == [(day(1), day(7), "dismissed")]
        assert spans("wm-2") == [(day(1), day(6), "self")]

    @pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
    def test_is_final_in_whatever_order_it_is_heard(self, order):
        life = [
            lambda: keep(group(member("wm-1"), member("wm-2"), read_at=day(5))),
            lambda: leave("wm-1", at=day(6)),
            lambda: end(at=day(7)),
            lambda: keep(
                group(member("wm-2"), read_at=day(7) + SECONDS),
            ),
        ]

        for number in order:
            life[number]()
            life[number]()

        assert GroupChat.objects.get().dismissed_at == day(7)
        assert spans("wm-1")[0][1:] == (day(6), "self")
        assert spans("wm-2") == [(day(1), day(7), "dismissed")]
        assert Stay.objects.filter(left_at=None).count() == 0

    def test_of_a_group_that_we_never_knew_is_kept(self):
        end(at=day(7))

        assert GroupChat.objects.get().dismissed_at == day(7)

    def test_the_earliest_moment_counts(self):
        keep(group(member("wm-1")))
        end(at=day(9))
        end(at=day(7))

        assert GroupChat.objects.get().dismissed_at == day(7)
        assert spans() == [(day(1), day(7), "dismissed")]

    def test_is_taken_back_when_wecom_shows_the_group_long_after(self):
        keep(group(member("wm-1")))
        end(at=day(7))

        keep(group(member("wm-1"), read_at=day(9)))

        assert GroupChat.objects.get().dismissed_at is None
        assert spans() == [(day(1), None, "")]


@pytest.mark.django_db
class TestNews:
    def test_is_of_contacts_and_not_of_our_own_people(self):
        keep(group(staff("ann"), member("wm-1", state="jw_1")))
        leave("wm-1", "ann", at=day(6))

        joined, left = EventRecord.objects.filter(kind__startswith="Group").order_by(
            "at"
        )
        contact = Contact.objects.get()
        assert (joined.kind, joined.contact_id) == ("GroupJoined", contact.pk)
        assert (joined.at, joined.facts["state"]) == (day(1), "jw_1")
        assert (left.kind, left.facts["left_by"]) == ("GroupLeft", "self")

    def test_is_told_once(self):
        for _time in range(3):
            keep(group(member("wm-1")))
            leave("wm-1", at=day(6))
            end(at=day(7))

        assert kinds() == ["GroupJoined", "GroupLeft"]


@pytest.mark.django_db
class TestRenamed:
    def rename(self) -> None:
        rename_account(old="ann", new="anna", at=day(6), source=Source.CALLBACK)
        record = EventRecord.objects.get(kind="AccountRenamed")
        call_the_renamed_by_their_account(
            AccountRenamed(at=record.at, source=record.source, **record.facts)
        )

    def test_groups_name_them_by_the_account_of_today(self):
        keep(group(staff("ann"), member("wm-1", invited_by="ann"), admins=("ann",)))

        self.rename()

        assert GroupChat.objects.get().admins == ["anna"]
        assert spans("anna") == [(day(1), None, "")]
        assert Stay.objects.get(member_id="wm-1").invited_by == "anna"

    def test_who_was_read_under_the_new_account_first_never_left(self):
        keep(group(staff("ann"), read_at=day(2)))
        keep(group(staff("anna"), owner="anna", read_at=day(7)))

        self.rename()

        assert spans("anna") == [(day(1), None, "")]
        assert Stay.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sixteen_readings_and_ends_at_once_leave_one_stay_for_each():
    barrier = threading.Barrier(16)
    errors = []

    def tell(number: int) -> None:
        barrier.wait()
        try:
            if number % 2:
                keep(group(*(member(f"wm-{n}") for n in range(20))))
            else:
                leave("wm-3", at=day(6))
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)
        connection.close()

    threads = [threading.Thread(target=tell, args=[n]) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert Stay.objects.count() == 20
    assert spans("wm-3") == [(day(1), day(6), "self")]
    assert GroupChat.objects.get().member_count == 19
