"""What differs between kinds of campaigns: their terms, and how prizes are come by.

The terms of a kind are a small dataclass; in the campaign they are JSON. `terms_of`
reads them and `told_terms` refuses nonsense, each at its field.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign
from apps.campaigns.problems import NotFit
from apps.common.problems import Problem
from apps.groups.models import GroupChat
from apps.orders.models import Product

Kind = Campaign.Kind
LARGEST = 100_000_000
MOST_GROUPS = 50
TERMS = "terms."  # in front of the field, where a problem is told


@dataclass(frozen=True, kw_only=True)
class Terms:
    """No terms of its own."""

    def problems(self) -> Iterator[Problem]:
        yield from ()


@dataclass(frozen=True, kw_only=True)
class GroupTerms(Terms):
    """A helper counts who came by the code and is in one of these groups."""

    groups: tuple[int, ...] = ()

    def problems(self) -> Iterator[Problem]:
        if not self.groups:
            yield Problem("terms.groups", gettext("Choose the groups that count."))
        standing = GroupChat.objects.filter(
            pk__in=self.groups, dismissed_at__isnull=True
        )
        if standing.count() < len(self.groups):
            why = gettext("One of these groups exists no longer.")
            yield Problem("terms.groups", why)


@dataclass(frozen=True, kw_only=True)
class LotteryTerms(Terms):
    """A draw for every so many helpers, some for nothing, at most so many."""

    helps: int = 2
    free: int = 1
    most: int = 10

    def problems(self) -> Iterator[Problem]:
        if self.helps < 1:
            yield Problem("terms.helps", gettext("At least one helper for a draw."))
        if self.most < max(self.free, 1):
            why = gettext("Not fewer than the draws for nothing, and at least one.")
            yield Problem("terms.most", why)


@dataclass(frozen=True, kw_only=True)
class GroupBuyTerms(Terms):
    """So many buy the product within some hours; `price` in fen, to be shown."""

    product: int = 0
    size: int = 3
    hours: int = 24
    price: int = 0

    def problems(self) -> Iterator[Problem]:
        if not Product.objects.filter(pk=self.product).exists():
            yield Problem("terms.product", gettext("Choose the product."))
        if not 2 <= self.size <= 100:
            yield Problem("terms.size", gettext("Two to a hundred buy together."))
        if not 1 <= self.hours <= 24 * 30:
            yield Problem("terms.hours", gettext("One hour to thirty days."))


@dataclass(frozen=True, kw_only=True)
class BargainTerms(Terms):
    """The price falls from `price` to `floor` with so many helpers; in fen."""

    price: int = 0
    floor: int = 0
    helpers: int = 10

    def problems(self) -> Iterator[Problem]:
        if not 1 <= self.helpers <= 1000:
            yield Problem("terms.helpers", gettext("One to a thousand helpers."))
        if self.price - self.floor < max(self.helpers, 1):
            why = gettext("Above the lowest price, by a fen for each helper at least.")
            yield Problem("terms.price", why)


@dataclass(frozen=True, kw_only=True)
class PointsDrawTerms(Terms):
    """What a draw costs, and how many of them one may have on a day."""

    points: int = 100
    a_day: int = 3

    def problems(self) -> Iterator[Problem]:
        if not 1 <= self.points <= 1_000_000:
            yield Problem("terms.points", gettext("One to a million points."))
        if not 1 <= self.a_day <= 1000:
            yield Problem("terms.a_day", gettext("One to a thousand draws."))


@dataclass(frozen=True, kw_only=True)
class KindOf:
    """How a kind works. `has_helpers`: friends help by personal invites; `has_tiers`:
    prizes are reached, else they are drawn."""

    icon: str
    hint: Any
    terms: type[Terms] = Terms
    has_helpers: bool = False
    has_tiers: bool = True
    is_drawn: bool = False


KINDS: dict[str, KindOf] = {
    Kind.REFERRAL: KindOf(
        icon="groups",
        hint=_("Whoever brings so many new friends wins; with several tiers."),
        has_helpers=True,
    ),
    Kind.GROUP: KindOf(
        icon="group_add",
        hint=_("A friend counts who has also joined one of your groups."),
        terms=GroupTerms,
        has_helpers=True,
    ),
    Kind.LOTTERY: KindOf(
        icon="casino",
        hint=_("Friends who help earn draws; what is drawn can be checked."),
        terms=LotteryTerms,
        has_helpers=True,
        has_tiers=False,
        is_drawn=True,
    ),
    Kind.GROUP_BUY: KindOf(
        icon="shopping_bag",
        hint=_("Some buy a product together; settled by paid orders."),
        terms=GroupBuyTerms,
        has_tiers=False,
    ),
    Kind.BARGAIN: KindOf(
        icon="content_cut",
        hint=_("Each friend who helps takes a part off the price."),
        terms=BargainTerms,
        has_helpers=True,
    ),
    Kind.COUPON: KindOf(
        icon="confirmation_number",
        hint=_("Whoever takes part gets a coupon code, while stock lasts."),
    ),
    Kind.VISIT: KindOf(
        icon="storefront",
        hint=_("Whoever scans the code in the shop gets a gift."),
    ),
    Kind.POINTS_DRAW: KindOf(
        icon="stars",
        hint=_("Draws are paid with points."),
        terms=PointsDrawTerms,
        has_tiers=False,
        is_drawn=True,
    ),
}


def kind_of(campaign: Campaign) -> KindOf:
    return KINDS[campaign.kind]


def terms_of(campaign: Campaign) -> Any:
    """As the dataclass of its kind. What is kept was read before."""
    return told_terms(campaign.kind, campaign.terms)


def told_terms(kind: str, told: Mapping[str, Any]) -> Terms:
    """Whole numbers, and lists of them; nothing else is known."""
    terms = KINDS[kind].terms
    found: dict[str, Any] = {}
    wrong: list[Problem] = []
    for field in fields(terms):
        value = told.get(field.name, field.default)
        if isinstance(value, list | tuple):
            numbers = tuple(dict.fromkeys(v for v in value if is_number(v)))
            if len(numbers) != len(set(map(str, value))) or len(value) > MOST_GROUPS:
                wrong.append(Problem(TERMS + field.name, not_understood()))
            value = numbers
        elif not is_number(value):
            wrong.append(Problem(TERMS + field.name, not_understood()))
        found[field.name] = value
    if wrong:
        raise NotFit(wrong)
    return terms(**found)


def as_json(terms: Terms) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(terms).items()
    }


def is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def not_understood() -> str:
    return gettext("Write a whole number.")
