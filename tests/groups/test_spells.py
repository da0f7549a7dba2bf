"""When somebody was in a group chat, told from what was heard and read."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.groups.spells import (
    Joined,
    Left,
    Spell,
    after_an_end,
    after_being_listed,
    after_being_unlisted,
    facts_of,
    spells_of,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def hour(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def joined(number: float) -> Joined:
    return Joined(at=hour(number))


def left(number: float, by: str = "self") -> Left:
    return Left(at=hour(number), by=by)


def gone(number: float) -> Left:
    return left(number, "gone")


def dismissed(number: float) -> Left:
    return left(number, "dismissed")


def spans(spells: list[Spell]) -> list[tuple]:
    return [
        (
            (s.joined_at - NOON) / timedelta(hours=1) if s.start_known else None,
            (s.left_at - NOON) / timedelta(hours=1) if s.left_at else None,
            s.left_by,
        )
        for s in spells
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        # still in it
        ([joined(1)], [(1, None, "")]),
        # came and left
        ([joined(1), left(3)], [(1, 3, "self")]),
        # was removed, and came back
        (
            [joined(1), left(3, "removed"), joined(5)],
            [(1, 3, "removed"), (5, None, "")],
        ),
        # came back although nobody told us of an end
        ([joined(1), joined(5)], [(1, 5, ""), (5, None, "")]),
        # left, and we never knew them in it
        ([left(3)], [(None, 3, "self")]),
        # left and came back within one second
        ([joined(1), left(3), joined(3)], [(1, 3, "self"), (3, None, "")]),
        # came and left within one second
        ([joined(3), left(3)], [(3, 3, "self")]),
        # no longer listed
        ([joined(1), gone(9)], [(1, 9, "gone")]),
        # the true end replaces what was concluded
        ([joined(1), gone(9), left(4)], [(1, 4, "self")]),
        # what was concluded ends only what was open
        ([joined(1), left(4), gone(9)], [(1, 4, "self")]),
        ([gone(9)], []),
        # the group was dismissed
        ([joined(1), dismissed(4)], [(1, 4, "dismissed")]),
        # had left before that
        ([joined(1), left(2), dismissed(4)], [(1, 2, "self")]),
        ([dismissed(4)], []),
    ],
)
def test_spells(facts, expected):
    for order in itertools.permutations(facts):
        assert spans(spells_of(order)) == expected


facts = st.sets(
    st.one_of(
        st.builds(joined, st.integers(0, 9)),
        st.builds(left, st.integers(0, 9), st.sampled_from(["self", "removed"])),
        st.builds(gone, st.integers(0, 9)),
        st.builds(dismissed, st.integers(0, 9)),
    ),
    max_size=8,
)


@given(facts)
def test_no_two_spells_overlap_and_at_most_the_last_is_open(facts):
    told = spells_of(facts)

    for before, after in itertools.pairwise(told):
        assert before.left_at is not None
        assert before.left_at <= after.joined_at
    for spell in told:
        assert spell.left_at is None or spell.left_at >= spell.joined_at


@given(facts)
def test_spells_hold_the_facts_that_they_were_told_from(facts):
    told = spells_of(facts)

    assert spells_of(facts_of(told)) == told


joinings_and_endings = st.sets(
    st.one_of(
        st.builds(joined, st.integers(0, 9)),
        st.builds(left, st.integers(0, 9), st.sampled_from(["self", "removed"])),
    ),
    max_size=6,
)


@given(joinings_and_endings, st.randoms())
def test_what_is_told_one_by_one_comes_out_the_same_in_any_order(facts, chance):
    """Ends of the same second are one: the order of their names decides."""
    ends = {fact.at for fact in facts if isinstance(fact, Left)}
    facts = {f for f in facts if isinstance(f, Joined)} | {
        Left(at=at, by="self") for at in ends
    }
    order = list(facts)
    chance.shuffle(order)
    told: list[Spell] = []
    for fact in order:
        told = spells_of(facts_of(told) | {fact})

    assert told == spells_of(facts)


class TestListed:
    def listed(self, *facts, since: float, read: float) -> list[tuple]:
        return spans(
            after_being_listed(
                spells_of(facts), joined_at=hour(since), read_at=hour(read)
            )
        )

    @pytest.mark.parametrize(
        ("facts", "since", "read", "expected"),
        [
            # a stranger
            ([], 1, 9, [(1, None, "")]),
            # known already
            ([joined(1)], 1, 9, [(1, None, "")]),
            # came back
            ([joined(1), left(3)], 5, 9, [(1, 3, "self"), (5, None, "")]),
            # came back without our hearing of the end
            ([joined(1)], 5, 9, [(1, 5, ""), (5, None, "")]),
            # completes an end that was heard first
            ([left(3)], 1, 3, [(1, 3, "self")]),
            # was read just before the end
            ([joined(1), left(3)], 1, 3, [(1, 3, "self")]),
            # is listed long after the end that we know: there was none
            ([joined(1), left(3)], 1, 9, [(1, None, "")]),
            ([joined(1), gone(3)], 1, 9, [(1, None, "")]),
            ([left(3)], 1, 9, [(1, None, "")]),
            ([left(3)], 3, 9, [(3, None, "")]),
            # left and came back within one second
            ([joined(1), left(3)], 3, 9, [(1, 3, "self"), (3, None, "")]),
            # WeCom has corrected itself
            ([joined(5)], 3, 9, [(3, None, "")]),
        ],
    )
    def test_table(self, facts, since, read, expected):
        assert self.listed(*facts, since=since, read=read) == expected

    @given(facts, st.integers(0, 9))
    def test_whoever_is_listed_long_after_is_in_it_since_then(self, facts, since):
        told = after_being_listed(
            spells_of(facts), joined_at=hour(since), read_at=hour(99)
        )

        assert (told[-1].joined_at, told[-1].left_at) == (hour(since), None)


class TestUnlisted:
    def test_concludes_that_they_are_gone(self):
        spells = after_being_unlisted(spells_of([joined(1)]), read_at=hour(9))

        assert spans(spells) == [(1, 9, "gone")]

    def test_says_nothing_of_those_who_joined_only_just_now(self):
        before = spells_of([joined(9)])

        spells = after_being_unlisted(before, read_at=hour(9) + timedelta(seconds=2))

        assert spells == before

    def test_says_nothing_of_those_who_have_left(self):
        before = spells_of([joined(1), left(3)])

        assert after_being_unlisted(before, read_at=hour(9)) == before


def test_an_end_is_kept_once_however_often_it_is_heard():
    spells = spells_of([joined(1)])
    for _time in range(3):
        spells = after_an_end(spells, at=hour(3), by="self")

    assert spans(spells) == [(1, 3, "self")]
