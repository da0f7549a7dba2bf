"""What waits is told to WeCom: a hundred contacts a call, one at a time for a giver.

Before each call it is asked once more whether it makes sense: the taker is still there,
the contact has not left, and has not moved too often. Of groups a taker may be given
three hundred a day; the rest waits for tomorrow.

A call to move contacts is never made twice for the same offers: they would be asked
twice. Where its outcome is unknown, handover_settle.py finds out.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.assignment.handover_models import Handover, Offer
from apps.assignment.handover_split import Taker, Thing, split
from apps.assignment.handover_waits import too_often
from apps.common.clock import day_began
from apps.common.jobs import Job
from apps.common.turns import take_turns
from apps.contacts.models import Follow
from apps.staff.models import Employee
from apps.wecom.outbox import Answer, ask

State = Offer.State
A_CALL = 100
GROUPS_A_DAY = 300
A_DAY = timedelta(days=1)
MOST_ATTEMPTS = 3  # the first, and two more after a refusal

ON_THE_JOB = "externalcontact.transfer_customer"
OF_A_LEAVER = "externalcontact.resigned_transfer_customer"
GROUPS_ON_THE_JOB = "externalcontact.groupchat_onjob_transfer"
GROUPS_OF_A_LEAVER = "externalcontact.groupchat_transfer"

GONE = {40096, 40131, 84061}  # the contact is not there, or not the giver's any more
OFTEN, FULL = {40128}, {40099}
# It is the taker: gone, banned, not real-named, not signed in, may not have contacts.
TAKERS_FAULT = {40098, 40099, 40143, 40205, 41054, 46004, 60111, 84074}
IS_THEIRS = 90504  # the new owner of the group is the old one
NOT_TODAY = {45009}


@transaction.atomic
def send_next(*, giver: Employee, at: datetime) -> None:
    """Ask WeCom for the next of what this employee hands over."""
    take_turns(f"handover:{giver.pk}")
    giver.refresh_from_db()
    send_contacts(giver, at=at)
    send_groups(giver, at=at)


def send_contacts(giver: Employee, *, at: datetime) -> None:
    mine = Offer.objects.of_contacts().filter(giver=giver)
    if mine.filter(state=State.ASKED).exists():
        return  # one call at a time (45035)
    while due := next_due(mine, at=at):
        if worth_asking := still_sensible(due, giver, at=at):
            ask_for_contacts(worth_asking, giver, at=at)
            return


def next_due(mine: Any, *, at: datetime) -> list[Offer]:
    """Up to a hundred for the same taker and of the same handover."""
    waiting = mine.filter(state=State.QUEUED, due_at__lte=at)
    waiting = waiting.select_related("taker", "identity", "handover")
    first = waiting.order_by("attempt", "handover", "taker", "pk").first()
    if first is None:
        return []
    same = waiting.filter(taker=first.taker, handover=first.handover_id)
    return list(same.order_by("pk")[:A_CALL])


def still_sensible(
    due: Sequence[Offer], giver: Employee, *, at: datetime
) -> list[Offer]:
    """Those of whom nothing has changed since they were dealt out."""
    taker = due[0].taker
    if taker.has_left or not taker.serves or taker.status != Employee.Status.ACTIVE:
        end(due, State.FAILED, at=at, errcode=60111 if taker.has_left else 84074)
        return []
    if giver.has_left:
        return list(due)
    identities = [offer.identity_id for offer in due]
    often = too_often([pk for pk in identities if pk], at=at)
    theirs = Follow.objects.open().filter(employee=giver, identity__in=identities)
    still = set(theirs.values_list("identity_id", flat=True))
    end([o for o in due if o.identity_id in often], State.TOO_OFTEN, at=at)
    gone = [o for o in due if o.identity_id not in often | still]
    end(gone, State.LOST, at=at)
    return [o for o in due if o.identity_id in still - often]


def ask_for_contacts(offers: Sequence[Offer], giver: Employee, *, at: datetime) -> None:
    arguments: dict[str, Any] = {
        "handover_userid": giver.wecom_id,
        "takeover_userid": offers[0].taker.wecom_id,
        "external_userid": [o.identity.value for o in offers if o.identity],
    }
    if not giver.has_left and offers[0].handover.message:
        arguments["transfer_success_msg"] = offers[0].handover.message
    command = ask(
        OF_A_LEAVER if giver.has_left else ON_THE_JOB,
        arguments=arguments,
        answer="assignment.contacts_asked",
        about={"offers": [offer.pk for offer in offers]},
    )
    assert command is not None
    Offer.objects.filter(pk__in=[offer.pk for offer in offers]).update(
        state=State.ASKED,
        command_id=command.pk,
        asked_at=at,
        of_a_leaver=giver.has_left,
        errcode=None,
    )


def asked(about: dict[str, Any]) -> list[Offer]:
    rows = Offer.objects.filter(pk__in=about["offers"], state=State.ASKED)
    rows = rows.select_related("identity", "group", "giver", "taker", "handover")
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def contacts_asked(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> Job.Status | None:
    """WeCom has begun with those it answers 0; the others each have their reason."""
    offers = asked(about)
    if not offers:
        return Job.Status.IGNORED
    take_turns(f"handover:{offers[0].giver_id}")
    told = {
        row.get("external_userid"): row.get("errcode")
        for row in result.get("customer") or ()
    }
    began: list[Offer] = []
    for offer in offers:
        assert offer.identity is not None
        errcode = told.get(offer.identity.value)
        if errcode == 0:
            began.append(offer)
        else:
            end([offer], state_for(errcode), at=called_at, errcode=errcode)
    begun(began, at=called_at)
    send_next(giver=offers[0].giver, at=called_at)
    return None


def begun(offers: Iterable[Offer], *, at: datetime) -> None:
    rows = Offer.objects.filter(pk__in=[offer.pk for offer in offers])
    rows.update(state=State.OFFERED, errcode=None, takes_effect_at=at + A_DAY)


def state_for(errcode: int | None) -> State:
    if errcode in GONE:
        return State.LOST
    if errcode in OFTEN:
        return State.TOO_OFTEN
    return State.FULL if errcode in FULL else State.FAILED


def contacts_not_asked(
    *, errcode: int, about: dict[str, Any], called_at: datetime
) -> None:
    """The call as a whole was refused: all of them have the same reason."""
    if not (offers := asked(about)):
        return
    take_turns(f"handover:{offers[0].giver_id}")
    end(offers, state_for(errcode), at=called_at, errcode=errcode)
    send_next(giver=offers[0].giver, at=called_at)


# --- groups ---------------------------------------------------------------------------


def send_groups(giver: Employee, *, at: datetime) -> None:
    mine = Offer.objects.of_groups().filter(giver=giver)
    busy = set(mine.filter(state=State.ASKED).values_list("taker_id", flat=True))
    waiting = mine.filter(state=State.QUEUED, due_at__lte=at).exclude(taker__in=busy)
    for taker_id in sorted(set(waiting.values_list("taker_id", flat=True))):
        due = waiting.filter(taker=taker_id).select_related("group", "taker")
        ask_for_groups(list(due.order_by("pk")[:A_CALL]), giver, at=at)


def ask_for_groups(offers: list[Offer], giver: Employee, *, at: datetime) -> None:
    taker = offers[0].taker
    if taker.has_left or not taker.serves or taker.status != Employee.Status.ACTIVE:
        return end(offers, State.FAILED, at=at, errcode=84074)
    room = GROUPS_A_DAY - given_today(taker, at=at)
    if room <= 0:
        wait_for_tomorrow([offer.pk for offer in offers], at=at)
        return None
    offers = offers[:room]
    command = ask(
        GROUPS_OF_A_LEAVER if giver.has_left else GROUPS_ON_THE_JOB,
        arguments={
            "chat_id_list": [o.group.wecom_id for o in offers if o.group],
            "new_owner": taker.wecom_id,
        },
        answer="assignment.groups_asked",
        about={"offers": [offer.pk for offer in offers]},
    )
    assert command is not None
    Offer.objects.filter(pk__in=[offer.pk for offer in offers]).update(
        state=State.ASKED,
        command_id=command.pk,
        asked_at=at,
        of_a_leaver=giver.has_left,
        errcode=None,
    )
    return None


def given_today(taker: Employee, *, at: datetime) -> int:
    given = Offer.objects.of_groups().filter(taker=taker, asked_at__gte=day_began(at))
    return given.filter(state__in=[State.ASKED, *Offer.MOVED]).count()


def wait_for_tomorrow(offers: Sequence[int], *, at: datetime) -> None:
    rows = Offer.objects.filter(pk__in=offers)
    rows.update(
        state=State.QUEUED, command_id=None, asked_at=None, due_at=day_began(at) + A_DAY
    )


def groups_asked(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> Job.Status | None:
    """They went over at once, but those that WeCom names."""
    offers = asked(about)
    if not offers:
        return Job.Status.IGNORED
    take_turns(f"handover:{offers[0].giver_id}")
    failed = {
        row.get("chat_id"): row.get("errcode")
        for row in result.get("failed_chat_list") or ()
    }
    done: list[Offer] = []
    tomorrow: list[int] = []
    for offer in offers:
        assert offer.group is not None
        errcode = failed.get(offer.group.wecom_id, 0)
        if errcode in (0, IS_THEIRS):
            done.append(offer)
        elif errcode in NOT_TODAY:
            tomorrow.append(offer.pk)
        else:
            end([offer], State.FAILED, at=called_at, errcode=errcode)
    wait_for_tomorrow(tomorrow, at=called_at)
    end(done, State.DONE, at=called_at)
    for offer in offers:
        read_group(offer)
    send_next(giver=offers[0].giver, at=called_at)
    return None


def groups_not_asked(
    *, errcode: int, about: dict[str, Any], called_at: datetime
) -> None:
    if not (offers := asked(about)):
        return
    take_turns(f"handover:{offers[0].giver_id}")
    end(offers, State.FAILED, at=called_at, errcode=errcode)
    send_next(giver=offers[0].giver, at=called_at)


def read_group(offer: Offer) -> None:
    """WeCom calls nobody back for what we do ourselves: it is read."""
    assert offer.group is not None
    chat_id = offer.group.wecom_id
    ask(
        "externalcontact.groupchat_get",
        arguments={"chat_id": chat_id},
        answer="sync.group_read",
        about={"chat_id": chat_id},
        once=f"handed over:{chat_id}",
    )


# --- how an offer ends ----------------------------------------------------------------


def end(
    offers: Sequence[Offer], state: State, *, at: datetime, errcode: int | None = None
) -> None:
    """And who refused, or whose taker cannot, is offered to the next colleague."""
    if not offers:
        return
    pks = [offer.pk for offer in offers]
    rows = Offer.objects.filter(pk__in=pks, state__in=Offer.RUNNING)
    rows.update(state=state, errcode=errcode, ended_at=at)
    anew = state in (State.REFUSED, State.FULL) or (
        state == State.FAILED and errcode in TAKERS_FAULT
    )
    if anew:
        for offer in offers:
            offer_anew(offer, at=at)


def offer_anew(offer: Offer, *, at: datetime) -> Offer | None:
    """To the next of the takers who was not tried, if the handover says so."""
    handover: Handover = offer.handover
    if not handover.second_choice or offer.attempt >= MOST_ATTEMPTS:
        return None
    if offer.identity_id is None:
        return None
    tried = Offer.objects.filter(giver=offer.giver_id, identity=offer.identity_id)
    before = frozenset(tried.values_list("taker_id", flat=True))
    wishes = {each["employee"]: each for each in handover.plan["takers"]}
    able = Employee.objects.filter(
        pk__in=wishes, serves=True, status=Employee.Status.ACTIVE, left_at__isnull=True
    ).in_bulk()
    full = handover.offers.filter(state=State.FULL).values_list("taker_id", flat=True)
    takers = [
        Taker(employee=pk, most=each.get("most"))
        for pk, each in wishes.items()
        if pk in able and pk not in set(full)
    ]
    given = handover.offers.of_contacts().filter(
        state__in=[*Offer.RUNNING, *Offer.MOVED]
    )
    thing = Thing(number=offer.identity_id, tried=before)
    counts = Counter(given.values_list("taker_id", flat=True))
    chosen = split([thing], takers, rule=Handover.Rule.EVEN, before=counts)
    if offer.identity_id not in chosen.given:
        return None
    taker = able[chosen.given[offer.identity_id]]
    return Offer.objects.create(
        handover=handover,
        identity_id=offer.identity_id,
        giver_id=offer.giver_id,
        taker=taker,
        taker_name=str(taker),
        attempt=offer.attempt + 1,
        due_at=at,
    )


ANSWERS = {
    "assignment.contacts_asked": Answer(contacts_asked, contacts_not_asked),
    "assignment.groups_asked": Answer(groups_asked, groups_not_asked),
}
