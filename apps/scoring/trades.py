"""Rules to begin with, for five trades: taken as drafts, and changed as one likes.

They earn by what WeCom tells: who added or left us, and who came into a group or left
it. WeCom tells no region and nothing of what is said in chats: the one is read from a
field of the company's own that says the city, the other is what employees write down.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Attribute
from apps.scoring.keep import draft_all
from apps.scoring.models import ScoreRule, ScoreVersion
from apps.scoring.rescore import Does, ask_for
from apps.scoring.said import Said
from apps.staff.models import User

FIT, DOES = "fit", "engagement"
CHATS, PERSON = _("Chats"), _("Who they are")
FRIEND = {"field": "standing", "op": "any", "value": ["friend"]}


@dataclass(frozen=True, kw_only=True)
class Trade:
    name: str
    title: Any
    hint: Any
    rules: tuple[Said, ...]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A template as it is for this company; `missing` are not in use yet."""

    trade: Trade
    rules: list[Said]
    missing: list[Said]


def happens(
    name: Any, points: int, scene: str, *, group: Any = CHATS, **more: Any
) -> Said:
    """On the axis of engagement."""
    told = {"half_life": 30, "counts": "each", **more}
    return Said(name=name, axis=DOES, group=group, points=points, scene=scene, **told)


def reads(name: Any, points: int, kinds: str, *, a_day: int = 3, **more: Any) -> Said:
    """Something reported by other systems, at most so often a day."""
    told = {"half_life": 14, "cap": points * 8, **more}
    return happens(
        name,
        points,
        "behaviour",
        group=_("Content"),
        narrowed={"kinds": kinds},
        counts="daily",
        a_day=a_day,
        **told,
    )


def fits(name: Any, points: int, rule: Any, *, group: Any = PERSON) -> Said:
    return Said(name=name, axis=FIT, group=group, points=points, conditions=rule)


def at_least(field: str, value: int, **more: Any) -> dict[str, Any]:
    return {"field": field, "op": "at_least", "value": value, **more}


def filled_in(field: str) -> dict[str, Any]:
    return {"field": field, "op": "known"}


ADDED = happens(_("Added one of us"), 10, "follow", half_life=90)
DELETED = happens(
    _("Deleted one of us"), -20, "unfollow", narrowed={"enders": ["contact"]}
)
GROUP = happens(_("Joined a group"), 8, "group", group=_("Groups"), cap=24)
GROUP_LEFT = happens(_("Left a group"), -6, "group_left", group=_("Groups"))
BOUGHT = happens(_("Paid an order"), 25, "bought", group=_("Orders"), half_life=60)
REFUNDED = happens(_("Got a refund"), -15, "refunded", group=_("Orders"), half_life=60)
TALKED = happens(
    _("Was followed up"), 5, "note", counts="daily", a_day=1, half_life=14, cap=20
)
STEPPED = happens(
    _("Came into another stage"), 8, "stage", group=_("Sales"), half_life=30, cap=24
)
ARTICLE = reads(
    _("Opened an article"),
    5,
    "article article.read content_viewed viewed read 阅读文章",
)
SHARED = reads(_("Shared our content"), 8, "content_shared shared share 转发")
ENQUIRED = happens(
    _("Asked for an offer"),
    20,
    "behaviour",
    group=_("Sales"),
    narrowed={"kinds": "enquiry inquiry quote form 留资 询价"},
    half_life=30,
    cap=40,
)
CONNECTED = fits(_("Is our friend"), 10, FRIEND)
TWO_OF_US = fits(_("Two of us serve them"), 10, at_least("follows", 2))
BUYER = fits(_("Has bought"), 15, at_least("order_count", 1), group=_("Orders"))
REGULAR = fits(_("Has bought three times"), 15, at_least("order_count", 3))
BIG = fits(
    _("Has spent 1,000 yuan"), 15, at_least("order_sum", 100_000), group=_("Orders")
)
COMPANY = fits(_("Company is known"), 15, filled_in("company"), group=_("Company"))
POSITION = fits(_("Position is known"), 10, filled_in("position"), group=_("Company"))

TRADES: dict[str, Trade] = {
    trade.name: trade
    for trade in (
        Trade(
            name="retail",
            title=_("Retail"),
            hint=_("Orders, groups and what they look at"),
            rules=(
                ADDED,
                DELETED,
                GROUP,
                GROUP_LEFT,
                BOUGHT,
                REFUNDED,
                reads(
                    _("Looked at a product"),
                    3,
                    "page_viewed page.viewed viewed view product 浏览商品",
                ),
                SHARED,
                TWO_OF_US,
                CONNECTED,
                BUYER,
                REGULAR,
                BIG,
            ),
        ),
        Trade(
            name="b2b",
            title=_("B2B"),
            hint=_("Company, position, content and enquiries"),
            rules=(
                ADDED,
                DELETED,
                GROUP,
                GROUP_LEFT,
                ARTICLE,
                SHARED,
                ENQUIRED,
                TALKED,
                STEPPED,
                BOUGHT,
                COMPANY,
                POSITION,
                TWO_OF_US,
                BUYER,
            ),
        ),
        Trade(
            name="education",
            title=_("Education"),
            hint=_("Trial lessons, groups of a class, enrolment"),
            rules=(
                ADDED,
                DELETED,
                reads(_("Attended a trial lesson"), 15, "lesson trial 试听", a_day=1),
                ARTICLE,
                GROUP,
                GROUP_LEFT,
                TALKED,
                BOUGHT,
                CONNECTED,
                TWO_OF_US,
                BUYER,
            ),
        ),
        Trade(
            name="dental",
            title=_("Dental clinic"),
            hint=_("Appointments, visits and treatment"),
            rules=(
                ADDED,
                DELETED,
                GROUP,
                GROUP_LEFT,
                reads(
                    _("Made an appointment"), 20, "appointment booking 预约", a_day=1
                ),
                reads(_("Came to the clinic"), 15, "visit arrived 到店", a_day=1),
                TALKED,
                BOUGHT,
                REFUNDED,
                CONNECTED,
                TWO_OF_US,
                BUYER,
                BIG,
            ),
        ),
        Trade(
            name="insurance",
            title=_("Insurance"),
            hint=_("Needs, offers, policies, and years of silence"),
            rules=(
                ADDED,
                DELETED,
                GROUP,
                GROUP_LEFT,
                ARTICLE,
                ENQUIRED,
                TALKED,
                STEPPED,
                happens(
                    _("Took out a policy"),
                    30,
                    "bought",
                    group=_("Orders"),
                    half_life=365,
                ),
                CONNECTED,
                POSITION,
                TWO_OF_US,
                BUYER,
            ),
        ),
    )
}


def missing(trade: Trade) -> list[Said]:
    """Rules of it whose names are not in use yet."""
    [offer] = offers([trade])
    return offer.missing


def offers(of: Iterable[Trade]) -> list[Offer]:
    used = set(ScoreRule.objects.values_list("name", flat=True))
    region = list(of_region())
    found = []
    for trade in of:
        rules = list(in_words([*trade.rules, *region]))
        new = [said for said in rules if said.name not in used]
        found.append(Offer(trade=trade, rules=rules, missing=new))
    return found


def of_region() -> Iterable[Said]:
    """For every trade, where one of the company's own fields says the city."""
    city = Attribute.objects.in_use().filter(tells_city=True).first()
    if city is not None:
        known = filled_in(f"attribute.{city.pk}")
        yield fits(_("City is known"), 5, known, group=_("Region"))


def in_words(rules: Iterable[Said]) -> Iterable[Said]:
    for said in rules:
        told = {**said.__dict__, "name": str(said.name), "group": str(said.group)}
        yield Said(**told)


def take(*, trade: Trade, by: User, at: datetime) -> list[ScoreVersion]:
    """As drafts."""
    made = draft_all(missing(trade), by=by, at=at)
    if made:
        ask_for(Does.RECKON, at=at)
    return made
