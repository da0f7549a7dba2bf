"""An employee and a contact become connected, or cease to be."""

import itertools
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from apps.contacts.events import FollowEnded, FollowStarted
from apps.contacts.follow import end_follows, start_follows
from apps.contacts.models import Contact, Follow, Identity
from apps.contacts.rows import Details, EndRow, FollowRow, Profile
from apps.events.models import EventRecord
from apps.staff.models import Employee

Source = EventRecord.Source
EndedBy = Follow.EndedBy


def day(number: float, *, hour: float = 9) -> datetime:
    shanghai = datetime(2026, 3, 1, tzinfo=UTC) - timedelta(hours=8)
    return shanghai + timedelta(days=number - 1, hours=hour)


@pytest.fixture
def ann(db) -> Employee:
    return Employee.objects.create(wecom_id="ann", name="安")


@pytest.fixture
def bob(db) -> Employee:
    return Employee.objects.create(wecom_id="bob", name="柏")


def heard(employee: Employee, at: datetime, *, who="wm-1", **told) -> FollowRow:
    """What a callback tells."""
    return FollowRow(external_id=who, employee_id=employee.pk, began_at=at, **told)


def listed(
    employee: Employee,
    at: datetime,
    *,
    who="wm-1",
    read_at=None,
    name="张三",
    **details,
) -> FollowRow:
    """What WeCom's list tells."""
    return FollowRow(
        external_id=who,
        employee_id=employee.pk,
        began_at=at,
        profile=Profile(name=name, kind=1, gender=1, union_id=f"union-{who}"),
        details=Details(**details),
        read_at=read_at or day(20),
    )


def gone(employee: Employee, at: datetime, by=EndedBy.CONTACT, **told) -> EndRow:
    who = told.pop("who", "wm-1")
    return EndRow(
        external_id=who, employee_id=employee.pk, ended_at=at, ended_by=by, **told
    )


def tell(*rows, source=Source.CALLBACK) -> None:
    for row in rows:
        if isinstance(row, EndRow):
            end_follows([row], source=source)
        else:
            start_follows([row], source=source)


def spans() -> list[tuple]:
    follows = Follow.objects.order_by("started_at", "pk")
    return [(f.started_at, f.ended_at, f.ended_by) for f in follows]


def kinds() -> list[str]:
    records = EventRecord.objects.exclude(kind="ContactCreated").order_by("at", "pk")
    return [record.kind for record in records]


@pytest.mark.django_db
class TestStartFollows:
    def test_makes_a_contact_of_a_stranger(self, ann):
        tell(heard(ann, day(1), state="store_a"))

        contact = Contact.objects.get()
        assert contact.identities.get().value == "wm-1"
        assert (contact.owner, contact.standing) == (ann, "friend")
        assert Follow.objects.get().state == "store_a"

    def test_the_same_news_told_three_times_is_told_once(self, ann):
        tell(*[heard(ann, day(1))] * 3)

        assert spans() == [(day(1), None, "")]
        assert kinds() == ["FollowStarted"]

    def test_what_the_list_tells_fills_what_the_callback_began(self, ann):
        tell(heard(ann, day(1)), listed(ann, day(1), remark="老客户", add_way=1))

        follow = Follow.objects.get()
        assert (follow.remark, follow.add_way) == ("老客户", 1)
        assert Contact.objects.get().name == "张三"
        assert kinds() == ["FollowStarted"]

    def test_the_list_and_the_callback_may_differ_by_some_seconds(self, ann):
        tell(listed(ann, day(1)), heard(ann, day(1) + timedelta(seconds=2)))

        assert spans() == [(day(1), None, "")]

    def test_is_found_by_name_remark_pinyin_initials_and_phone(self, ann):
        tell(listed(ann, day(1), name="曾小贤", remark="老王", phones=("13800005678",)))

        for term in ["曾", "小贤", "zengx", "ceng", "zxx", "老王", "laow", "5678"]:
            assert Contact.objects.called(term).exists(), term
        assert Contact.objects.called("138 0000 5678").exists()
        for term in ["贤小", "xx", "0000", "678", "13800005679"]:
            assert not Contact.objects.called(term).exists(), term

    def test_a_phone_that_left_the_remark_is_no_longer_found(self, ann):
        tell(
            listed(ann, day(1), phones=("13800005678", "13900001111")),
            listed(ann, day(1), phones=("13900001111",), read_at=day(21)),
        )

        assert not Contact.objects.called("5678").exists()
        assert Contact.objects.called("1111").exists()

    def test_no_phone_is_kept_readable(self, ann):
        tell(listed(ann, day(1), phones=("13800005678",)))

        with connection.cursor() as cursor:
            for table in ["contacts_follow", "contacts_identity", "events_eventrecord"]:
                cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} AS t")
                text = cursor.fetchone()[0]
                assert "13800005678" not in text
                assert b"13800005678".hex() not in text

    def test_what_was_read_before_the_last_difference_changes_nothing(self, ann):
        tell(
            listed(ann, day(1), remark="new", read_at=day(5)),
            listed(ann, day(1), remark="old", read_at=day(4)),
        )

        assert Follow.objects.get().remark == "new"

    def test_nothing_is_written_when_nothing_differs(self, ann):
        rows = [listed(ann, day(1), phones=("13800005678",), remark="r")]
        start_follows(rows, source=Source.FIRST_PULL)
        before = marks()

        start_follows(rows, source=Source.RECONCILE)

        assert marks() == before

    def test_the_owner_is_the_earliest_who_still_follows(self, ann, bob):
        tell(heard(bob, day(2)), heard(ann, day(1)))
        assert Contact.objects.get().owner == ann

        tell(gone(ann, day(3), EndedBy.EMPLOYEE))
        assert Contact.objects.get().owner == bob

    def test_waits_for_confirmation_and_then_is_the_same_follow(self, ann):
        tell(heard(ann, day(1), confirmed=False))
        assert Follow.objects.get().confirmed_at is None

        tell(heard(ann, day(2)))
        assert Follow.objects.get().confirmed_at == day(2)
        assert kinds() == ["FollowStarted"]


def marks() -> list:
    """Which transaction wrote each row last: the same marks, the same rows."""
    found = []
    with connection.cursor() as cursor:
        for model in [Contact, Identity, Follow, EventRecord]:
            table = model._meta.db_table
            cursor.execute(f"SELECT ctid::text, xmin::text FROM {table} ORDER BY 1")
            found.append(cursor.fetchall())
    return found


@pytest.mark.django_db
class TestEndFollows:
    def test_tells_who_ended_it(self, ann):
        tell(heard(ann, day(1)), gone(ann, day(3)))

        assert Follow.objects.get().left_at == day(3)
        assert Contact.objects.get().standing == "left"
        assert Contact.objects.get().owner is None

    def test_a_contact_who_left_stays_gone_though_wecom_lists_them(self, ann):
        tell(heard(ann, day(1)), gone(ann, day(3)), listed(ann, day(1)))

        assert spans() == [(day(1), day(3), "contact")]

    def test_a_newer_beginning_in_the_list_is_a_new_follow(self, ann):
        tell(heard(ann, day(1)), gone(ann, day(3)), listed(ann, day(5)))

        assert spans() == [(day(1), day(3), "contact"), (day(5), None, "")]

    def test_what_was_only_concluded_is_taken_back_when_wecom_lists_it(self, ann):
        tell(
            heard(ann, day(1)),
            gone(ann, day(3), EndedBy.EMPLOYEE, known=False),
            listed(ann, day(1)),
        )

        assert spans() == [(day(1), None, "")]

    def test_an_answer_read_just_before_the_end_does_not_revive(self, ann):
        tell(
            heard(ann, day(1)),
            gone(ann, day(3), EndedBy.EMPLOYEE),
            listed(ann, day(1), read_at=day(3) + timedelta(seconds=2)),
        )

        assert spans() == [(day(1), day(3), "employee")]

    def test_the_true_end_replaces_the_concluded_one(self, ann):
        tell(
            heard(ann, day(1)),
            gone(ann, day(9), EndedBy.EMPLOYEE, known=False),
            gone(ann, day(4), EndedBy.TRANSFER),
        )

        assert spans() == [(day(1), day(4), "transfer")]

    @pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
    def test_the_order_of_the_news_does_not_matter(self, ann, order):
        life = [
            heard(ann, day(1), state="store_a"),
            gone(ann, day(3)),
            heard(ann, day(5)),
            gone(ann, day(7), EndedBy.EMPLOYEE),
        ]

        tell(*[life[number] for number in order])

        assert spans() == [(day(1), day(3), "contact"), (day(5), day(7), "employee")]
        assert Follow.objects.order_by("started_at").first().state == "store_a"
        assert sorted(kinds()) == ["FollowEnded"] * 2 + ["FollowStarted"] * 2


@pytest.mark.django_db(transaction=True)
def test_sixteen_who_meet_a_stranger_at_once_make_one_contact():
    employees = [Employee.objects.create(wecom_id=f"e{n}") for n in range(16)]
    barrier = threading.Barrier(16)

    def meet(employee: Employee) -> None:
        barrier.wait()
        start_follows([heard(employee, day(1))], source=Source.CALLBACK)
        connection.close()

    threads = [threading.Thread(target=meet, args=[e]) for e in employees]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Contact.objects.count() == 1
    assert Follow.objects.open().count() == 16
    assert kinds() == [FollowStarted.__name__] * 16
    assert FollowEnded.__name__ not in kinds()
