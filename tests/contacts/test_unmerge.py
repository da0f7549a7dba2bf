"""A merge can be taken back with nothing lost (I10)."""

import itertools
import random
import signal
import subprocess
import sys
import threading

import pytest
from django.db import connection, connections

from apps.common.errors import Refused
from apps.contacts.came_later import later_of
from apps.contacts.follow import start_follows
from apps.contacts.merge import merge
from apps.contacts.models import Contact, Follow, Identity, Merge, Proposal
from apps.contacts.pointers import pointers
from apps.contacts.rows import Details, FollowRow, Profile
from apps.contacts.settle import settle
from apps.contacts.unmerge import AlreadyUndone, SomethingInTheWay, undo
from apps.events.models import EventRecord
from apps.followups.models import Lead
from apps.tags.models import Tag, Tagging
from tests import make
from tests.conftest import day
from tests.contacts.everything import Everything, difference, dump, news_aside
from tests.processes import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)

AT = day(20)
MERGE_IN_A_PROCESS = """
from apps.contacts.models import Contact, Merge
from apps.contacts.merge import merge
from apps.contacts.unmerge import undo
from tests.conftest import day
undone = Merge.objects.filter(undone_at=None).first()
if undone:
    undo(merge=undone, at=day(21))
else:
    one, other = Contact.objects.filter(name__in=["甲", "乙"]).order_by("pk")
    merge(winner=one, loser=other, at=day(20))
"""


def people(*names: str, seed: int = 1, rows: int = 3) -> list[Contact]:
    """Contacts with rows in every model, settled as they are in life."""
    everything = Everything(seed)
    made = [make.contact(name) for name in names]
    for contact in made:
        everything.about(contact, rows=rows)
    settle(contact.pk for contact in made)
    return [Contact.objects.get(pk=contact.pk) for contact in made]


def rows_of(contact: Contact) -> int:
    """But for an open lead that was pushed aside, which lies with them."""
    aside = Lead.objects.filter(contact=contact, folded=True).count()
    return sum(pointer.at(contact.pk).count() for pointer in pointers()) - aside


@pytest.mark.parametrize("seed", range(6))
def test_all_is_as_it_was_and_nothing_is_lost(seed):
    winner, loser = people("甲", "乙", seed=seed)
    before = dump()
    done = merge(winner=winner, loser=loser, at=AT)
    assert any("contacts.Contact" in line for line in difference(before, dump()))
    assert rows_of(loser) == 0

    undo(merge=done, at=day(21))

    assert news_aside(difference(before, dump())) == []


def test_what_was_moved_keeps_every_other_column():
    winner, loser = people("甲", "乙")
    before = dump()
    merge(winner=winner, loser=loser, at=AT)

    links = {f"{p.field.column}:" for p in pointers()}
    wrong = [
        line
        for line in news_aside(difference(before, dump()))
        if not line.startswith("contacts.Contact ")
        # whose an open lead is, its contact says
        and not line.partition(":")[0].endswith((".owner_id", ".folded"))
        and line.split(" ")[1].partition(".")[2] not in links
    ]
    assert wrong == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_chain_is_undone_in_any_order(order):
    a, b, c, d = people("甲", "乙", "丙", "丁", seed=3, rows=2)
    before = dump()
    journals = [
        merge(winner=b, loser=a, at=AT),  # a is b
        merge(winner=c, loser=b, at=AT, take=["name"]),  # who is c
        merge(winner=c, loser=d, at=AT, take=["name", "gender"]),  # as is d
    ]
    c.refresh_from_db()
    assert c.name == "丁"
    a.refresh_from_db()
    assert a.merged_into_id == c.pk, "old links lead on to whoever it is in the end"

    for number in order:
        undo(merge=journals[number], at=day(21))

    assert news_aside(difference(before, dump())) == []


@pytest.mark.parametrize("seed", range(8))
def test_any_merges_of_anybody_are_undone_in_any_order(seed):
    chance = random.Random(seed)
    everybody = people(*"甲乙丙丁戊", seed=seed, rows=2)
    before = dump()
    journals = []
    for _merge in range(4):
        current = [c for c in everybody if c.merged_into_id is None]
        winner, loser = chance.sample(current, 2)
        journals.append(merge(winner=winner, loser=loser, at=AT))
        for contact in everybody:
            contact.refresh_from_db()
        if chance.random() < 0.3:
            undone = journals.pop(chance.randrange(len(journals)))
            undo(merge=undone, at=day(21))
            for contact in everybody:
                contact.refresh_from_db()
    chance.shuffle(journals)
    for journal in journals:
        undo(merge=journal, at=day(21))

    assert news_aside(difference(before, dump())) == []


def test_a_merge_is_undone_once_only():
    winner, loser = people("甲", "乙", rows=1)
    done = merge(winner=winner, loser=loser, at=AT)
    undo(merge=done, at=day(21))

    with pytest.raises(AlreadyUndone):
        undo(merge=done, at=day(22))


# --- what came later ------------------------------------------------------------------


def told(external_id: str, employee, *, name: str, at, remark: str = "") -> None:
    start_follows(
        [
            FollowRow(
                external_id=external_id,
                employee_id=employee.pk,
                began_at=at,
                profile=Profile(name=name, kind=1),
                details=Details(remark=remark),
                read_at=at,
            )
        ],
        source=EventRecord.Source.CALLBACK,
    )


def pair() -> tuple[Contact, Contact]:
    employee = make.employee()
    told("wm-a", employee, name="甲", at=day(1))
    told("wm-b", employee, name="乙", at=day(2))
    return Contact.objects.get(name="甲"), Contact.objects.get(name="乙")


def test_news_of_either_goes_to_the_right_side():
    winner, loser = pair()
    before = dump()
    done = merge(winner=winner, loser=loser, at=AT)
    later = make.employee("王芳")
    told("wm-a", later, name="甲", at=day(21))
    told("wm-b", later, name="乙", at=day(21, hour=10))
    tag = Tag.objects.create(name="新标签")
    follow = Follow.objects.get(identity__value="wm-b", employee=later)
    hangs = Tagging.objects.create(
        contact=winner, tag=tag, follow=follow, source="callback", at=day(22)
    )
    own = Tagging.objects.create(contact=winner, tag=tag, source="person", at=day(22))

    undo(merge=done, at=day(23))

    new = [
        line for line in news_aside(difference(before, dump())) if "is new" not in line
    ]
    settled = (f"contacts.Contact {winner.pk}.", f"contacts.Contact {loser.pk}.")
    assert [line for line in new if not line.startswith(settled)] == []
    hangs.refresh_from_db()
    own.refresh_from_db()
    assert (hangs.contact_id, own.contact_id) == (loser.pk, winner.pk)
    events = EventRecord.objects.filter(kind="FollowStarted", at__gt=day(20))
    assert {(e.contact_id, e.at) for e in events} == {
        (winner.pk, day(21)),
        (loser.pk, day(21, hour=10)),
    }
    assert Follow.objects.filter(identity__contact=loser).count() == 2


def test_what_came_later_stays_and_is_listed():
    winner, loser = pair()
    done = merge(winner=winner, loser=loser, at=AT)
    tag = Tag.objects.create(name="新标签")
    own = Tagging.objects.create(contact=winner, tag=tag, source="person", at=day(21))
    make.event("Tagged", at=day(21), contact=winner, tag_id=tag.pk)

    listed = {str(later.pointer): later.keys for later in later_of(done)}
    undone = undo(merge=done, at=day(22))

    assert listed["tags.Tagging.contact"] == [own.pk]
    assert undone.later["tags.Tagging.contact"] == [str(own.pk)]
    kinds = EventRecord.objects.filter(
        pk__in=undone.later["events.EventRecord.contact"]
    )
    assert {"Tagged", "ContactsMerged"} == set(kinds.values_list("kind", flat=True))
    own.refresh_from_db()
    assert own.contact_id == winner.pk


def test_a_field_that_was_changed_since_is_left_alone():
    winner, loser = people("甲", "乙", rows=1)
    done = merge(winner=winner, loser=loser, at=AT, take=["name", "position"])
    Contact.objects.filter(pk=winner.pk).update(name="后来改的名字")

    undo(merge=done, at=day(21))

    winner.refresh_from_db()
    assert winner.name == "后来改的名字"
    assert winner.position == ""


def test_what_would_come_back_twice_is_refused_and_all_stays():
    winner, loser = people("甲", "乙", rows=1)
    tag = Tag.objects.create(name="重要")
    old = Tagging.objects.create(contact=loser, tag=tag, source="person")
    Tagging.objects.create(contact=winner, tag=tag, source="person")
    done = merge(winner=winner, loser=loser, at=AT)
    old.delete()
    Tagging.objects.create(contact=winner, tag=tag, source="person")
    before = dump()

    with pytest.raises(SomethingInTheWay):
        undo(merge=done, at=day(21))

    assert difference(before, dump()) == []


def test_whom_somebody_took_apart_is_not_proposed_again():
    winner, loser = pair()
    undo(merge=merge(winner=winner, loser=loser, at=AT), at=day(21))

    assert Proposal.objects.get().status == Proposal.Status.NEVER


# --- at once, and in the middle -------------------------------------------------------


def in_a_process(faults: str, tmp_path) -> subprocess.CompletedProcess:
    file = tmp_path / "faults"
    file.write_text(faults)
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", MERGE_IN_A_PROCESS],
        cwd=ROOT,
        env=environment()
        | {"DJANGO_SETTINGS_MODULE": "tests.chaos.settings", "SCRM_FAULTS": str(file)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_killed_in_the_middle_it_is_untouched_or_complete(tmp_path):
    winner, loser = people("甲", "乙")
    before = dump()

    died = in_a_process("merge.mid kill 1\n", tmp_path)

    assert died.returncode == -signal.SIGKILL, died.stderr
    assert difference(before, dump()) == []
    assert not Merge.objects.exists()

    lived = in_a_process("\n", tmp_path)
    assert lived.returncode == 0, lived.stderr
    merged = dump()
    assert rows_of(loser) == 0

    died = in_a_process("merge.mid kill 1\n", tmp_path)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert difference(merged, dump()) == []

    lived = in_a_process("\n", tmp_path)
    assert lived.returncode == 0, lived.stderr
    assert news_aside(difference(before, dump())) == []


def test_sixteen_at_once_of_the_same_few_people():
    everybody = people(*"甲乙丙丁戊己", rows=2)
    before = dump()
    together = threading.Barrier(16)
    done: list[Merge] = []
    refused: list[Refused] = []
    broken: list[BaseException] = []

    def join(number: int) -> None:
        chance = random.Random(number)
        winner, loser = chance.sample(everybody, 2)
        try:
            together.wait(timeout=30)
            done.append(merge(winner=winner, loser=loser, at=AT))
        except Refused as refusal:
            refused.append(refusal)
        except BaseException as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=join, args=[n]) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert broken == []
    assert len(done) + len(refused) == 16
    assert len({journal.loser_id for journal in done}) == len(done)
    for contact in everybody:
        contact.refresh_from_db()
        assert contact.merged_into is None or contact.merged_into.merged_into_id is None
        assert contact.merged_into is None or rows_of(contact) == 0
    for journal in sorted(done, key=lambda journal: -journal.pk):
        undo(merge=journal, at=day(21))
    assert news_aside(difference(before, dump())) == []


def test_ten_thousand_events_move_within_seconds(django_assert_max_num_queries):
    winner, loser = people("甲", "乙", rows=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_eventrecord (kind, contact_id, source, facts, at,"
            " recorded_at) SELECT 'Tagged', %s, 'callback', '{}', now(), now()"
            " FROM generate_series(1, 10000)",
            [loser.pk],
        )
    with django_assert_max_num_queries(200):
        done = merge(winner=winner, loser=loser, at=AT)
    assert EventRecord.objects.filter(contact=winner).count() > 10_000

    undo(merge=done, at=day(21))
    assert EventRecord.objects.filter(contact=loser).count() > 10_000
    assert Identity.objects.filter(contact=loser).exists()
