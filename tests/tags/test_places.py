"""In which order tags stand: as little as possible gets another number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.tags.places import LARGEST, NoRoom, Place, moved, new_orders


def row(*orders: int, held: str = "") -> list[Place]:
    """Numbers 0, 1, 2 …; `held` marks with an x those that keep their order."""
    marks = held.ljust(len(orders))
    return [Place(n, order, marks[n] == "x") for n, order in enumerate(orders)]


def after(places: list[Place], number: int, *, before: int | None) -> dict[int, int]:
    return new_orders(moved(places, number, before=before), number)


@pytest.mark.parametrize(
    ("places", "number", "before", "changed"),
    [
        # between two with room: it alone
        (row(30, 20, 10), 2, 1, {2: 25}),
        # to the top, to the end
        (row(30, 20, 10), 2, 0, {2: 40}),
        (row(30, 20, 10), 0, None, {0: 5}),
        # all alike, as they are made in WeCom's console: all that may change
        (row(0, 0, 0), 2, 0, {2: 10}),
        (row(0, 0, 0), 2, 1, {0: 29, 2: 19, 1: 9}),
        # those that were made elsewhere keep theirs
        (row(9, 5, 5, held=" x "), 2, 0, {2: 19}),
        (row(9, 8, 5, held="xx "), 2, 0, {2: 19}),
        (row(9, 7, 5, held="xx "), 2, 1, {2: 8}),
    ],
)
def test_where_it_is_moved(places, number, before, changed):
    assert after(places, number, before=before) == changed


def test_behind_the_last_of_a_page_is_not_the_end_of_all():
    where = moved(row(40, 30, 20, 10), 0, before=None, after=1)

    assert [place.number for place in where] == [1, 0, 2, 3]


@pytest.mark.parametrize(
    ("places", "before"),
    [
        # no number lies between theirs
        (row(9, 8, 5, held="xx "), 1),
        # nothing is smaller than 0
        (row(5, 0, held=" x"), None),
        # nothing is larger than the largest
        (row(LARGEST, 5, held="x "), 0),
    ],
)
def test_where_there_is_no_room_it_is_refused(places, before):
    number = 0 if before is None else len(places) - 1
    with pytest.raises(NoRoom):
        after(places, number, before=before)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=2, max_size=9),
    st.data(),
)
def test_whatever_is_moved_stands_where_it_was_put(told, data):
    told.sort(key=lambda each: -each[0])
    places = [Place(n, order, held) for n, (order, held) in enumerate(told)]
    number = data.draw(st.sampled_from(range(len(places))))
    places[number] = Place(number, places[number].order)
    before = data.draw(st.sampled_from([None, *range(len(places))]))
    wanted = moved(places, number, before=before)

    try:
        new = new_orders(wanted, number)
    except NoRoom:
        return

    orders = [new.get(place.number, place.order) for place in wanted]
    at = [place.number for place in wanted].index(number)
    assert all(0 <= order <= LARGEST for order in new.values())
    assert not {place.number for place in places if place.held} & new.keys()
    assert all(order > orders[at] for order in orders[:at])
    assert all(order < orders[at] for order in orders[at + 1 :])
