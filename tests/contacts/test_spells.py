"""When an employee and a contact were connected, told from what was heard."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.contacts.spells import Began, Ended, Spell, facts_of, spells_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def began(number: float, *, confirmed: bool = True) -> Began:
    return Began(at=minute(number), confirmed=confirmed)


def left(number: float) -> Ended:
    return Ended(at=minute(number), by="contact")


def concluded(number: float) -> Ended:
    return Ended(at=minute(number), by="employee", known=False)


def spans(spells: list[Spell]) -> list[tuple]:
    return [
        (
            (s.started_at - NOON) / timedelta(minutes=1) if s.start_known else None,
            (s.ended_at - NOON) / timedelta(minutes=1) if s.ended_at else None,
            s.ended_by,
        )
        for s in spells
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        # still connected
        ([began(1)], [(1, None, "")]),
        # came and left
        ([began(1), left(3)], [(1, 3, "contact")]),
        # came back
        ([began(1), left(3), began(5)], [(1, 3, "contact"), (5, None, "")]),
        # the news of leaving was lost
        ([began(1), began(5)], [(1, 5, ""), (5, None, "")]),
        # the news of coming was lost
        ([left(3)], [(None, 3, "contact")]),
        # told twice within the seconds by which WeCom's clocks may differ
        ([began(1), began(1.05)], [(1, None, "")]),
        # waits for confirmation, then is confirmed
        ([began(1, confirmed=False), began(4)], [(1, None, "")]),
        # left and came back within one second
        ([began(1), left(3), began(3)], [(1, 3, "contact"), (3, None, "")]),
        # came and left within one second
        ([began(3), left(3)], [(3, 3, "contact")]),
        # what we concluded holds until the truth is heard
        ([began(1), concluded(9)], [(1, 9, "employee")]),
        ([began(1), concluded(9), left(4)], [(1, 4, "contact")]),
        # a conclusion alone tells nothing
        ([concluded(9)], []),
        # a conclusion ends only what was open
        ([began(1), left(4), concluded(9)], [(1, 4, "contact")]),
        # back again after a conclusion
        ([began(1), concluded(9), began(12)], [(1, 9, "employee"), (12, None, "")]),
    ],
)
def test_spells_of(facts, expected):
    for order in itertools.permutations(facts):
        assert spans(spells_of(order)) == expected


def test_a_late_end_finds_the_beginning_that_was_inferred_away():
    spells = spells_of([began(1), began(5), left(3)])

    assert spans(spells) == [(1, 3, "contact"), (5, None, "")]


facts = st.lists(
    st.one_of(
        st.builds(began, st.integers(0, 12), confirmed=st.booleans()),
        st.builds(left, st.integers(0, 12)),
    ),
    max_size=7,
)


@given(facts, st.randoms(use_true_random=False))
def test_the_order_and_the_number_of_times_news_is_heard_do_not_matter(heard, random):
    """Told one by one, each time from the spells told so far: as rows are."""
    news = [*heard, *heard[:3]]
    random.shuffle(news)
    told: list[Spell] = []
    for fact in news:
        told = spells_of([*itertools.chain(*map(facts_of, told)), fact])

    assert told == spells_of(heard)


@given(facts)
def test_spells_never_overlap_and_at_most_the_last_is_open(heard):
    told = spells_of(heard)

    assert all(s.ended_at is not None for s in told[:-1])
    for earlier, later in itertools.pairwise(told):
        assert earlier.ended_at <= later.started_at
