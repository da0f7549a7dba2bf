"""What an employee has that a colleague must take: contacts, groups, codes; who left.

Whoever is still with us hands over the contacts they are connected with. Of a leaver
they wait in WeCom for a year: connections that ended as she left, unless they went to
somebody since. Who is being offered already does not wait.

WeCom lets a contact move twice in 90 days (not from a leaver), and be asked three times
after they refused; we count before we ask.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.assignment.handover_models import Handover, Offer
from apps.assignment.handover_split import Thing
from apps.channels.models import Channel
from apps.contacts.models import Follow
from apps.contacts.querysets import FollowQuerySet
from apps.groups.models import GroupChat, Stay
from apps.orders.models import Order
from apps.staff.models import Employee
from apps.tags.models import Tagging

A_YEAR = timedelta(days=365)  # so long WeCom keeps a leaver's contacts
SPAN = timedelta(days=90)
MOVES, REFUSALS, GROUP_MOVES = 2, 3, 2  # in that span
State = Offer.State
SHOWN = 20  # leavers told at once


def contacts_of(giver: Employee) -> QuerySet[Follow]:
    """The connections that wait, the oldest first."""
    if giver.has_left:
        return left_by([giver])
    rows = free().open().filter(employee=giver, confirmed_at__isnull=False)
    return rows.order_by("pk")


def free() -> FollowQuerySet:
    """Connections with contacts whom nobody is being offered."""
    running = Offer.objects.running().filter(identity=OuterRef("identity"))
    rows = Follow.objects.filter(
        identity__kind="external", identity__contact__merged_into__isnull=True
    )
    return rows.exclude(Exists(running))


def left_by(leavers: Collection[Employee]) -> FollowQuerySet:
    """What ended as they left, unless it went on or somebody has it since."""
    later = Follow.objects.filter(
        identity=OuterRef("identity"),
        employee=OuterRef("employee"),
        started_at__gt=OuterRef("started_at"),
    )
    settled = Offer.objects.filter(
        identity=OuterRef("identity"),
        giver=OuterRef("employee"),
        state__in=[*Offer.MOVED, State.LOST],
        ended_at__gte=OuterRef("ended_at"),
    )
    rows = free().filter(employee__in=leavers, ended_by=Follow.EndedBy.RESIGNED)
    return rows.exclude(Exists(later)).exclude(Exists(settled)).order_by("pk")


def groups_of(giver: Employee) -> QuerySet[GroupChat]:
    running = Offer.objects.running().filter(group=OuterRef("pk"))
    mine = GroupChat.objects.filter(owner=giver, dismissed_at__isnull=True)
    return mine.exclude(Exists(running)).order_by("pk")


def codes_of(giver: Employee) -> QuerySet[Channel]:
    """Published codes that name them."""
    return Channel.objects.published().filter(named__contains=[giver.pk])


def still_offers(channel: Channel, giver: Employee) -> bool:
    """Does WeCom hold them on the code?"""
    return giver.wecom_id in {who.lower() for who in channel.held.get("user") or ()}


def ends_at(giver: Employee) -> datetime | None:
    """When WeCom gives up what a leaver left."""
    return giver.left_at + A_YEAR if giver.left_at else None


@dataclass(frozen=True, kw_only=True)
class Leaver:
    """Somebody who left, and what still waits of theirs."""

    employee: Employee
    contacts: int
    groups: int

    @property
    def ends_at(self) -> datetime | None:
        return ends_at(self.employee)


def never_handed_over(*, at: datetime) -> QuerySet[Employee]:
    """Who left `contacts` or `groups` behind with which nobody has begun."""
    begun = Handover.objects.filter(
        giver=OuterRef("pk"), made_at__gte=OuterRef("left_at")
    )
    resigned = Follow.objects.filter(
        employee=OuterRef("pk"), ended_by=Follow.EndedBy.RESIGNED
    )
    owned = GroupChat.objects.filter(owner=OuterRef("pk"), dismissed_at__isnull=True)
    found = behind(Employee.objects.all(), at=at).exclude(Exists(begun))
    return found.annotate(
        contacts=many_of(resigned, "employee"), groups=many_of(owned, "owner")
    )


def many_of(rows: QuerySet, by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(many=Count("pk")).values("many")
    return Coalesce(Subquery(counted), 0)


def behind(within: QuerySet[Employee], *, at: datetime) -> QuerySet[Employee]:
    """Those among these colleagues who left contacts or groups, handed over or not."""
    resigned = Follow.objects.filter(
        employee=OuterRef("pk"), ended_by=Follow.EndedBy.RESIGNED
    )
    owned = GroupChat.objects.filter(owner=OuterRef("pk"), dismissed_at__isnull=True)
    left = within.filter(left_at__gt=at - A_YEAR)
    return left.filter(Exists(resigned) | Exists(owned))


def leavers(within: QuerySet[Employee], *, at: datetime) -> list[Leaver]:
    """Those among these colleagues who left something behind, the latest first."""
    running = Offer.objects.running().filter(group=OuterRef("pk"))
    owned = GroupChat.objects.filter(owner=OuterRef("pk"), dismissed_at__isnull=True)
    theirs = many_of(owned.exclude(Exists(running)), "owner")
    left = behind(within, at=at).annotate(many_groups=theirs)
    rows = list(left.order_by("-left_at", "-pk")[:SHOWN])
    contacts = counted(left_by(rows).order_by().values("employee"))
    found = [
        Leaver(employee=each, contacts=contacts[each.pk], groups=each.many_groups)
        for each in rows
    ]
    return [each for each in found if each.contacts or each.groups]


# --- what is asked before anything is dealt out -------------------------------------


def since_90_days(at: datetime) -> datetime:
    """Natural days: from the first minute of the first of them."""
    first = timezone.localtime(at) - SPAN
    return first.replace(hour=0, minute=0, second=0, microsecond=0)


def too_often(identities: Collection[int], *, at: datetime) -> set[int]:
    """Who has moved as often as WeCom allows in 90 days, by whatever hand."""
    since = since_90_days(at)
    ended = Follow.objects.filter(
        identity__in=identities,
        ended_by=Follow.EndedBy.TRANSFER,
        ended_at__gte=since,
    )
    heard = counted(ended.order_by().values("identity"))
    ours = Offer.objects.filter(
        identity__in=identities,
        of_a_leaver=False,
        state__in=Offer.MOVED,
        ended_at__gte=since,
    )
    done = counted(ours.order_by().values("identity"))
    return {pk for pk in identities if max(heard[pk], done[pk]) >= MOVES}


def refused_too_often(identities: Collection[int], *, at: datetime) -> set[int]:
    refused = Offer.objects.filter(
        identity__in=identities,
        state=State.REFUSED,
        ended_at__gte=since_90_days(at),
    )
    times = counted(refused.order_by().values("identity"))
    return {pk for pk, many in times.items() if many >= REFUSALS}


def groups_too_often(groups: Collection[int], *, at: datetime) -> set[int]:
    moved = Offer.objects.filter(
        group__in=groups,
        of_a_leaver=False,
        state__in=Offer.MOVED,
        ended_at__gte=since_90_days(at),
    )
    times = counted(moved.order_by().values("group"))
    return {pk for pk, many in times.items() if many >= GROUP_MOVES}


def counted(rows: QuerySet) -> Counter[int]:
    found: Counter[int] = Counter()
    for row in rows.annotate(many=Count("pk")):
        many = row.pop("many")
        found[next(iter(row.values()))] = many
    return found


def loads_of(employees: Iterable[int]) -> Counter[int]:
    """How many contacts each is connected with."""
    mine = Follow.objects.open().filter(employee__in=list(employees))
    return counted(mine.order_by().values("employee"))


def people(
    follows: dict[int, int], *, takers: Collection[int], with_tags: bool, by_worth: bool
) -> list[Thing]:
    """What matters of these contacts, by identity, for dealing them out."""
    knows: dict[int, set[int]] = defaultdict(set)
    known = Follow.objects.open().filter(employee__in=takers, identity__in=follows)
    for identity, employee in known.values_list("identity", "employee"):
        knows[identity].add(employee)
    tried: dict[int, set[int]] = defaultdict(set)
    past = Offer.objects.filter(identity__in=follows, taker__in=takers)
    past = past.exclude(Q(state=State.STOPPED) | Q(state__in=Offer.MOVED))
    for identity, taker in past.values_list("identity", "taker"):
        tried[identity].add(taker)
    contacts = set(follows.values())
    tags: dict[int, set[int]] = defaultdict(set)
    if with_tags:
        for contact, tag in Tagging.objects.filter(contact__in=contacts).values_list(
            "contact", "tag"
        ):
            tags[contact].add(tag)
    worth: dict[int, int] = {}
    if by_worth:
        bought = Order.objects.filter(contact__in=contacts, paid_at__isnull=False)
        sums = (
            bought.order_by()
            .values("contact")
            .annotate(paid=Sum("amount") - Sum("refunded_amount"))
        )
        worth = {row["contact"]: int(row["paid"] or 0) for row in sums}
    return [
        Thing(
            number=identity,
            knows=frozenset(knows[identity]),
            tried=frozenset(tried[identity]),
            tags=frozenset(tags[contact]),
            worth=worth.get(contact, 0),
        )
        for identity, contact in follows.items()
    ]


def chats(groups: Collection[int], *, takers: Collection[int]) -> list[Thing]:
    """Groups go to whoever is in them already, if one of the takers is."""
    inside: dict[int, set[int]] = defaultdict(set)
    stays = Stay.objects.filter(
        group__in=groups, employee__in=takers, left_at__isnull=True
    )
    for group, employee in stays.values_list("group", "employee"):
        inside[group].add(employee)
    return [Thing(number=pk, knows=frozenset(inside[pk])) for pk in groups]
