"""A follow that carries the state of a channel is an entry, once.

News may come late or twice: there is one entry to a follow, and only whoever writes it
counts it, in the same transaction and under the channel's lock. It is counted for the
day on which the follow began. Then it is worked out anew whom WeCom is to hold.

WeCom lets people in faster than it can be told: who came although a cap was reached is
counted all the same, and marked as beyond it.
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, Subquery

from apps.channels.choose import Choice, Why, decide, owed_after
from apps.channels.codes import held, refresh
from apps.channels.duty import local
from apps.channels.events import ChannelEntered
from apps.channels.models import Channel, Entry
from apps.channels.plan import Plan, Rotation
from apps.channels.stand import colleagues_of, counts_of, people_of, plan_of
from apps.channels.states import parted
from apps.contacts.models import Contact, Follow
from apps.events.bus import record
from apps.events.models import EventRecord

# One statement: the day's count, and the turn.
COUNT = """
WITH counted AS (
    INSERT INTO channels_channelday (channel_id, employee_id, day, added, again, over)
    VALUES (%(channel)s, %(employee)s, %(day)s, %(counted)s, 1 - %(counted)s, %(over)s)
    ON CONFLICT (channel_id, day, employee_id) DO UPDATE SET
        added = channels_channelday.added + excluded.added,
        again = channels_channelday.again + excluded.again,
        over = channels_channelday.over + excluded.over
)
INSERT INTO channels_turn (channel_id, employee_id, given, number, credit)
SELECT %(channel)s, %(employee)s, 1, %(number)s, 0 WHERE %(counted)s = 1
ON CONFLICT (channel_id, employee_id) DO UPDATE SET
    given = channels_turn.given + 1, number = excluded.number
"""
OWE = """
INSERT INTO channels_turn (channel_id, employee_id, given, number, credit)
SELECT %(channel)s, employee, 0, 0, credit
FROM unnest(%(people)s::bigint[], %(credits)s::integer[]) AS owed (employee, credit)
ON CONFLICT (channel_id, employee_id) DO UPDATE SET credit = excluded.credit
"""
MOST_OWED = 1_000_000


@transaction.atomic
def enter(
    *, follow_id: int, state: str, source: EventRecord.Source, at: datetime
) -> Entry | None:
    """The entry, if it is news. `at` is the moment at which we look."""
    ours, ref = parted(state)
    number = Channel.objects.filter(state=ours).values_list("pk", flat=True).first()
    if number is None:  # the code of another program, or none of ours
        return None
    channel = held(number)
    follow = Follow.objects.select_related("identity").filter(pk=follow_id).first()
    if follow is None or Entry.objects.filter(follow=follow).exists():
        return None
    contact_id = follow.identity.contact_id
    earlier = follows_before(follow)
    of_others = earlier.open().exclude(employee=follow.employee_id)
    plan = plan_of(channel)
    counted = not (plan.is_exclusive and of_others.exists())
    people = people_of(plan)
    colleagues = colleagues_of(people)
    barred = [int(number) for number in channel.barred]

    def choice_now() -> Choice:
        return decide(
            plan,
            people,
            colleagues=colleagues,
            counts=counts_of(channel, plan, people, at=at),
            barred=barred,
            at=at,
        )

    before = choice_now()
    over = counted and is_over(before, follow.employee_id)
    entry = Entry.objects.create(
        channel=channel,
        follow=follow,
        contact_id=contact_id,
        employee_id=follow.employee_id,
        at=follow.started_at,
        counted=counted,
        over=over,
    )
    count(channel, entry, plan=plan, before=before)
    record(
        ChannelEntered(
            at=follow.started_at,
            source=source,
            contact_id=contact_id,
            channel_id=channel.pk,
            follow_id=follow.pk,
            employee_id=follow.employee_id,
            is_first=not earlier.exists(),
            ref=ref,
        )
    )
    refresh(channel, at=at, plan=plan, choice=choice_now())
    return entry


def follows_before(follow: Follow) -> Any:
    """Connections of the same person with any of us, begun before this one: of the same
    second, those that were heard of before."""
    at = follow.started_at
    before = Q(started_at__lt=at) | Q(started_at=at, pk__lt=follow.pk)
    theirs = Follow.objects.filter(identity__contact=follow.identity.contact_id)
    return theirs.filter(before)


def is_over(choice: Choice, employee_id: int) -> bool:
    """Was a cap reached, of the code or of whoever was given?"""
    mine = [s.why for s in choice.standings if s.person.employee == employee_id]
    return choice.is_full or any(why in (Why.FULL, Why.DAY_FULL) for why in mine)


def count(channel: Channel, entry: Entry, *, plan: Plan, before: Choice) -> None:
    if entry.counted:
        channel.turns += 1
        Channel.objects.filter(pk=channel.pk).update(turns=channel.turns)
    told: dict[str, Any] = {
        "channel": channel.pk,
        "employee": entry.employee_id,
        "day": local(entry.at).date(),
        "number": channel.turns,
        "counted": int(entry.counted),
        "over": int(entry.over),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, told)
        if entry.counted and plan.rotation == Rotation.WEIGHTED:
            counts = {s.person.employee: s.count for s in before.standings}
            owed = owed_after(before.pool, taken_by=entry.employee_id, counts=counts)
            told["people"] = list(owed)
            told["credits"] = [
                max(-MOST_OWED, min(MOST_OWED, credit)) for credit in owed.values()
            ]
            cursor.execute(OWE, told)


def first_and_latest(contact: Contact) -> list[Entry]:
    """By which codes they came first and last; one entry, if it is the same."""
    rows = Entry.objects.filter(contact=contact)
    first = Subquery(rows.order_by("at", "pk").values("pk")[:1])
    latest = Subquery(rows.order_by("-at", "-pk").values("pk")[:1])
    found = Entry.objects.filter(Q(pk=first) | Q(pk=latest)).select_related("channel")
    return list(found.order_by("at", "pk"))
