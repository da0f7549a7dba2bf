"""What became of an offer: asked of WeCom by the clock, and heard when it fails.

An offer takes effect a day after it was made, unless the contact refuses or the taker
is full. Who was handed over belongs to the taker from then on. A taker who was their
friend already, or had them once before, is told of by no callback: the contact is read.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from apps.assignment.give import Told, give_all
from apps.assignment.handover_models import Offer
from apps.assignment.handover_send import end
from apps.assignment.models import Assignment
from apps.common.jobs import Job
from apps.common.turns import take_turns
from apps.contacts.models import Contact, Follow
from apps.contacts.read_again import question_about
from apps.wecom.outbox import Answer, ask, ask_all, wish

State = Offer.State
RESULTS = {
    False: "externalcontact.transfer_result",
    True: "externalcontact.resigned_transfer_result",
}
DONE, WAITING, REFUSED, FULL = 1, 2, 3, 4
REASONS = {
    "customer_refused": State.REFUSED,
    "customer_limit_exceed": State.FULL,
}
NO_ANSWER = timedelta(days=3)  # of which one is what WeCom takes
LAG = timedelta(minutes=1)


def look_at_results(*, at: datetime) -> int:
    """Ask what became of all that is offered, a call for each giver and taker."""
    offered = Offer.objects.of_contacts().filter(state=State.OFFERED)
    late = offered.filter(asked_at__lt=at - NO_ANSWER).select_related("handover")
    with transaction.atomic():
        end(list(late.select_for_update(of=("self",))), State.EXPIRED, at=at)
    pairs = offered.order_by("giver", "taker", "of_a_leaver").values_list(
        *("giver", "giver__wecom_id", "taker", "taker__wecom_id", "of_a_leaver")
    )
    found = list(pairs.distinct())
    for giver, giver_account, taker, taker_account, of_a_leaver in found:
        look(
            {
                "giver": giver,
                "taker": taker,
                "of_a_leaver": of_a_leaver,
                "accounts": [giver_account, taker_account],
            }
        )
    return len(found)


def look(about: dict[str, Any], *, cursor: str = "") -> None:
    giver, taker = about["accounts"]
    ask(
        RESULTS[about["of_a_leaver"]],
        arguments={
            "handover_userid": giver,
            "takeover_userid": taker,
            "cursor": cursor,
        },
        answer="assignment.looked",
        about=about,
        once=f"results:{about['giver']}:{about['taker']}"
        f":{int(about['of_a_leaver'])}:{hashlib.md5(cursor.encode()).hexdigest()}",
    )


def looked(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> Job.Status | None:
    """A page of what became of those whom one gave to the other, oldest first."""
    if cursor := result.get("next_cursor"):
        look(about, cursor=cursor)
    told = {row.get("external_userid"): row for row in result.get("customer") or ()}
    take_turns(f"handover:{about['giver']}")
    rows = Offer.objects.of_contacts().filter(
        state=State.OFFERED,
        giver=about["giver"],
        taker=about["taker"],
        of_a_leaver=about["of_a_leaver"],
        identity__value__in=list(told),
    )
    rows = rows.select_for_update(of=("self",))
    rows = rows.select_related("identity", "giver", "taker", "handover")
    apply(
        [(offer, told[offer.identity.value]) for offer in rows if offer.identity],
        at=called_at,
    )
    return None


def not_looked(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """One of the two is out of our range: it is asked again by and by."""


def apply(told: Iterable[tuple[Offer, dict[str, Any]]], *, at: datetime) -> None:
    """What WeCom tells of each. What it did before we asked is no answer to us."""
    ended: dict[State, list[Offer]] = defaultdict(list)
    for offer, row in told:
        status, time = row.get("status"), row.get("takeover_time") or 0
        if status == WAITING and time:
            Offer.objects.filter(pk=offer.pk).update(takes_effect_at=moment(time))
        elif status == DONE and is_ours(offer, moment(time) if time else at):
            ended[State.DONE].append(offer)
        elif status == REFUSED:
            ended[State.REFUSED].append(offer)
        elif status == FULL:
            ended[State.FULL].append(offer)
    moved(ended.pop(State.DONE, []), at=at)
    for state, offers in ended.items():
        end(offers, state, at=at)


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def whole_second(at: datetime | None) -> datetime:
    """WeCom's moments are of whole seconds."""
    return at.replace(microsecond=0) if at else datetime.min.replace(tzinfo=UTC)


def is_ours(offer: Offer, took_effect: datetime) -> bool:
    return offer.asked_at is None or took_effect >= offer.asked_at - LAG


def moved(offers: Sequence[Offer], *, at: datetime) -> None:
    """They are the taker's now, unless somebody else looks after them."""
    if not offers:
        return
    known: dict[tuple[int | None, int], datetime] = {}
    follows = Follow.objects.open().filter(
        identity__in=[offer.identity_id for offer in offers],
        employee__in={offer.taker_id for offer in offers},
    )
    for identity, employee, since in follows.values_list(
        "identity", "employee", "started_at"
    ):
        known[identity, employee] = since
    friends: list[Offer] = []
    new: list[Offer] = []
    unread: list[Offer] = []
    for offer in offers:
        since = known.get((offer.identity_id, offer.taker_id))
        if since is None:
            unread.append(offer)
        is_friend = since is not None and since < whole_second(offer.asked_at)
        (friends if is_friend else new).append(offer)
    end(new, State.DONE, at=at)
    end(friends, State.FRIEND, at=at)
    belong_to_the_taker(offers, at=at)
    ask_all(
        wish("externalcontact.get", **question_about(offer.identity.value))
        for offer in unread
        if offer.identity
    )


def belong_to_the_taker(offers: Sequence[Offer], *, at: datetime) -> None:
    """Whoever was the giver's, or nobody's."""
    of = {o.identity.contact_id: o for o in offers if o.identity}
    owners = Contact.objects.filter(pk__in=of).values_list("pk", "owner")
    told: dict[int, Told] = {}
    for pk, owner in owners:
        offer = of[pk]
        if owner in (None, offer.giver_id, offer.taker_id) and not offer.taker.has_left:
            why = gettext("handed over by %(giver)s")
            told[pk] = Told(
                employee_id=offer.taker_id,
                why=why % {"giver": offer.handover.giver_name},
            )
    give_all(told, how=Assignment.How.HANDOVER, at=at)


@transaction.atomic
def transfer_failed(
    *, contact_id: int, taker_id: int, reason: str, at: datetime
) -> int:
    """WeCom tells that a contact did not move. Answers how many offers it was."""
    rows = Offer.objects.of_contacts().filter(
        identity__contact=contact_id,
        taker=taker_id,
        state__in=[State.ASKED, State.OFFERED],
        asked_at__lte=at + LAG,
    )
    rows = rows.select_related("identity", "giver", "taker", "handover")
    offers = list(rows.select_for_update(of=("self",)))
    end(offers, REASONS.get(reason, State.REFUSED), at=at)
    return len(offers)


ANSWERS = {"assignment.looked": Answer(looked, not_looked)}
