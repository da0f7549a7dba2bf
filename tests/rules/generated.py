"""Rules that nobody thought of, for hypothesis: every field, every operator."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from apps.assignment.models import Pool
from apps.campaigns.models import Campaign
from apps.channels.models import Channel
from apps.groups.models import GroupChat
from apps.joins.models import GroupCode
from apps.orders.models import Product
from apps.rules.fields import FAMILIES, FIELDS, Field, Option
from apps.rules.operators import Operator
from apps.rules.shapes import Shape
from apps.segments.models import Segment
from apps.staff.models import Department, Employee
from apps.tags.models import Tag
from tests.rules.living import TODAY

NUMBERS = st.sampled_from([-1, 0, 1, 2, "2.5", 4, 30, 100, 50_000, 50_001, 123_456])
TEXTS = st.sampled_from(["张", "lily%", "_", "\\", "100", "教师", "SHOP-A", "没有的"])
DAYS = st.sampled_from([1, 2, 7, 20, 30, 31, 90, 366, 400])
DATES = st.sampled_from([-400, -365, -30, -20, -7, -1, 0, 1, 7]).map(
    lambda n: f"{TODAY + timedelta(days=n)}"
)
MODELS = {
    "tags.tag": Tag,
    "staff.employee": Employee,
    "staff.department": Department,
    "groups.groupchat": GroupChat,
    "orders.product": Product,
    "segments.segment": Segment,
    "campaigns.campaign": Campaign,
    "channels.channel": Channel,
    "joins.groupcode": GroupCode,
    "assignment.pool": Pool,
}


def every_field() -> list[Field]:
    found = [*FIELDS.values()]
    for family in FAMILIES.values():
        found += family.all()
    return found


class Pairs(list[tuple[Field, Operator]]):
    """Fields with operators; hypothesis prints what it draws from."""

    def __repr__(self) -> str:
        return f"{len(self)} pairs"


def pairs() -> Pairs:
    return Pairs((f, op) for f in every_field() for op in f.operators.values())


def values(shape: Shape, of: Field | Option) -> st.SearchStrategy[Any]:
    match shape:
        case Shape.NUMBER:
            return NUMBERS
        case Shape.NUMBERS:
            both = st.lists(NUMBERS, min_size=2, max_size=2)
            return both.map(lambda two: sorted(two, key=float))
        case Shape.TEXT:
            known = {"event": ["viewed", "没有的"], "product_tag": ["茶", "热", "x"]}
            return st.sampled_from(known[of.name]) if of.name in known else TEXTS
        case Shape.CHOICES:
            known_choices = [*(of.choices() if of.choices else {})]
            return st.lists(
                st.sampled_from(known_choices), min_size=1, max_size=3, unique=True
            )
        case Shape.PICKS:
            rows = list(MODELS[of.model].objects.values_list("pk", flat=True))
            return st.lists(
                st.sampled_from([*rows, 999_999]), min_size=1, max_size=3, unique=True
            )
        case Shape.YES_NO:
            return st.booleans()
        case Shape.DAYS:
            return DAYS
        case Shape.DATE:
            return DATES
        case Shape.DATES:
            return st.lists(DATES, min_size=2, max_size=2).map(sorted)
        case Shape.WITHIN:
            return st.one_of(
                DAYS.map(lambda days: {"days": days}),
                st.tuples(DAYS, DAYS).map(lambda n: {"days": n[0], "before": n[1]}),
                st.lists(DATES, min_size=2, max_size=2)
                .map(sorted)
                .map(lambda two: {"from": two[0], "to": two[1]}),
                DATES.map(lambda day: {"from": day}),
            )
    return st.none()


@st.composite
def a_leaf(draw: Any, among: Pairs) -> dict[str, Any]:
    field, operator = among[draw(st.integers(0, len(among) - 1))]
    told = {"field": field.name, "op": operator.name}
    value = draw(values(operator.shape, field))
    if value is not None:
        told["value"] = value
    for option in field.options:
        if draw(st.integers(0, 2)) == 0:
            told[option.name] = draw(values(option.shape, option))
    return told


def a_rule(among: Pairs) -> st.SearchStrategy[dict[str, Any]]:
    return st.recursive(
        a_leaf(among),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=6,
    )
