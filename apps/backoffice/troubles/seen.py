"""What the front page knows of the machinery, in four queries, each by an index.

What has gone wrong is told from it in troubles.py, without another query.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    BinaryField,
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from apps.assignment.handover_waits import never_handed_over
from apps.audit.models import AuditRow
from apps.audit.watch import LOOKED_TOO_MUCH
from apps.backoffice.dashboard import Queue, queues
from apps.backoffice.pulse import REMEMBERED, Signs
from apps.backoffice.troubles.not_done import Alike, not_done
from apps.channels.models import Balance, Channel
from apps.common.jobs import Job
from apps.common.models import Presence
from apps.joins.models import GroupCode
from apps.sync.models import Difference, Pull
from apps.tags.models import TagChange
from apps.wecom.models import AccessToken, Callback, Quota
from apps.wecom.token import is_ours

ALARM = timedelta(days=1)  # for which somebody who looked at too much is told of
TOLD = 100  # codes in trouble, and changes of tags; of more nobody has counted
PULLS = 100  # two days of hourly ones, and what comes daily
TIMETABLE, WORKER = "timetable", "worker"  # a worker's role has its name as well


@dataclass(frozen=True, kw_only=True)
class Left:
    """Somebody who left, and how many contacts and groups they left behind."""

    name: str
    at: datetime
    contacts: int
    groups: int


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How WeCom treats us, our codes and tags, and when each role was last here."""

    refused: tuple[tuple[str, int], ...] = ()  # apps whose token WeCom refuses
    paused: tuple[tuple[str, datetime], ...] = ()  # APIs, and until when
    here: Mapping[str, datetime] = field(default_factory=dict)
    looked: tuple[tuple[str, datetime], ...] = ()  # who looked at too much, and when
    codes: Sequence[Channel] = ()  # in trouble; no rows, what is told of them
    group_codes: Sequence[GroupCode] = ()  # likewise
    changes: Sequence[TagChange] = ()  # that came to nothing; no rows either
    leavers: Sequence[Left] = ()  # of whom nothing was handed over
    balance: int | None = None  # what links may still bring, where that is little


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Everything that can be told from."""

    signs: Signs = field(default_factory=Signs)
    heard: tuple[datetime, datetime] | None = None  # the last: told at, received at
    queues: Sequence[Queue] = ()
    failed: Sequence[Alike] = ()
    delayed: Sequence[Alike] = ()  # commands that are tried again
    wire: Wire = field(default_factory=Wire)
    pulls: Sequence[Pull] = ()  # latest first


def look(*, at: datetime, broker: bool) -> Seen:
    heard, wire = heard_and_met(at=at)
    waiting, failed = not_done()
    pulls, found = last_pulls(), queues(at=at)
    return Seen(
        signs=Signs(
            received=[received for received, _told in heard],
            waiting_since=overdue_callback(found),
            pulled_at=next((p.done_at for p in pulls if is_done(p)), None),
            pulling=next((p.percent for p in pulls if is_under_way(p)), None),
            broker=broker,
        ),
        heard=(heard[0][1], heard[0][0]) if heard else None,
        queues=found,
        failed=failed,
        delayed=waiting,
        wire=wire,
        pulls=pulls,
    )


def is_done(pull: Pull) -> bool:
    return pull.status == Job.Status.DONE


def is_under_way(pull: Pull) -> bool:
    return pull.status in Job.UNFINISHED


def overdue_callback(found: Sequence[Queue]) -> datetime | None:
    return next((q.overdue_since for q in found if q.model is Callback), None)


def last_pulls() -> list[Pull]:
    """The last pulls, latest first; how many differences the last one found, and how
    many removals each holds back (whose ids, perhaps very many, are not read)."""
    latest = Pull.objects.order_by("-pk").values("pk")[:1]
    differences = Difference.objects.filter(pull=OuterRef("pk")).order_by()
    counted = differences.values("pull").annotate(many=Count("pk")).values("many")
    held = RawSQL(
        "(SELECT coalesce(sum(jsonb_array_length(each -> 'items')), 0)::int"
        " FROM jsonb_array_elements(sync_pull.held_back) AS each)",
        [],
        output_field=IntegerField(),
    )
    pulls = Pull.objects.defer("held_back").annotate(
        differed=Case(When(pk=Subquery(latest), then=Subquery(counted)), default=0),
        held=held,
    )
    return list(pulls.order_by("-pk")[:PULLS])


# --- the wire -------------------------------------------------------------------------


def heard_and_met(*, at: datetime) -> tuple[list[tuple[datetime, datetime]], Wire]:
    """The last callbacks, latest first: when each was received, and had happened.

    With them, in the same query: tokens that are refused, APIs that are paused, who
    of ours is here, codes in trouble, a low balance, leavers whose contacts nobody has
    taken over, changes of tags that came to nothing.
    """
    refused = AccessToken.objects.filter(refused_errcode__isnull=False)
    paused = Quota.objects.filter(paused_until__gt=at)
    ours = Q(role=TIMETABLE) | Q(role__startswith=WORKER)
    present = Presence.objects.filter(ours)
    looked = AuditRow.objects.filter(deed=LOOKED_TOO_MUCH, at__gt=at - ALARM)
    codes = Channel.objects.published().exclude(trouble=Channel.Trouble.NONE)
    in_vain = (TagChange.State.REFUSED, TagChange.State.OVERTAKEN)
    links = Channel.objects.published().filter(kind=Channel.Kind.LINK)
    little = Balance.objects.filter(Exists(links), left__lt=Balance.LOW)
    changes = TagChange.objects.filter(seen_at__isnull=True, state__in=in_vain)
    latest = Callback.objects.order_by("-received_at")
    parts = [
        told(latest, "heard", moment=F("received_at"), earlier=F("told_at")),
        told(
            refused.order_by(),
            "refused",
            called=F("app"),
            number=F("refused_errcode"),
            proof=F("credential"),
        ),
        told(paused.order_by(), "paused", called=F("api"), moment=F("paused_until")),
        told(present.order_by(), "here", called=F("role"), moment=F("seen_at")),
        told(looked.order_by(), "looked", called=F("actor__username"), moment=F("at")),
        told(
            codes.order_by(),
            "code",
            called=F("name"),
            which=F("trouble"),
            number=F("errcode"),
            page=F("pk"),
        )[:TOLD],
        told(little.order_by(), "balance", number=F("left")),
        told(
            GroupCode.objects.published().exclude(trouble="").order_by(),
            "group_code",
            called=F("name"),
            which=F("trouble"),
            number=F("errcode"),
            page=F("pk"),
        )[:TOLD],
        told(
            never_handed_over(at=at).order_by(),
            "leaver",
            called=F("name"),
            number=F("contacts"),
            page=F("groups"),
            moment=F("left_at"),
        )[:TOLD],
        told(
            changes.order_by(),
            "change",
            which=F("state"),
            number=F("errcode"),
            page=F("group"),
            moment=F("at"),
        )[:TOLD],
    ]
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in parts[0][:REMEMBERED].union(*parts[1:], all=True):
        rows[row["what"]].append(row)
    heard = sorted(((r["moment"], r["earlier"]) for r in rows["heard"]), reverse=True)
    return heard, Wire(
        refused=tuple(
            (row["called"], row["number"])
            for row in rows["refused"]
            if is_ours(row["called"], bytes(row["proof"]))
        ),
        paused=tuple(sorted((row["called"], row["moment"]) for row in rows["paused"])),
        looked=tuple((row["called"], row["moment"]) for row in rows["looked"]),
        here=latest_of_each((row["called"], row["moment"]) for row in rows["here"]),
        codes=[
            Channel(
                pk=row["page"],
                name=row["called"],
                trouble=row["which"],
                errcode=row["number"],
            )
            for row in rows["code"]
        ],
        group_codes=[
            GroupCode(
                pk=row["page"],
                name=row["called"],
                trouble=row["which"],
                errcode=row["number"],
            )
            for row in rows["group_code"]
        ],
        leavers=[
            Left(
                name=row["called"],
                at=row["moment"],
                contacts=row["number"],
                groups=row["page"],
            )
            for row in rows["leaver"]
        ],
        balance=next((row["number"] for row in rows["balance"]), None),
        changes=[
            TagChange(
                state=row["which"],
                group_id=row["page"],
                errcode=row["number"],
                at=row["moment"],
            )
            for row in rows["change"]
        ],
    )


def latest_of_each(present: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    """By kind of process; the workers of all lanes are one kind."""
    here: dict[str, datetime] = {}
    for role, seen_at in present:
        kind = role.partition(":")[0]
        here[kind] = max(seen_at, here.get(kind, seen_at))
    return here


def told(rows: QuerySet, what: str, **known: Any) -> QuerySet:
    """Rows of any table in the same columns, those that it does not know empty."""
    empty = {
        "called": Cast(Value(""), CharField()),
        "which": Cast(Value(""), CharField()),
        "moment": Cast(Value(None), DateTimeField()),
        "earlier": Cast(Value(None), DateTimeField()),
        "number": Cast(Value(0), IntegerField()),
        "page": Cast(Value(None), BigIntegerField()),
        "proof": Cast(Value(b""), BinaryField()),
    }
    return rows.values(what=Value(what), **empty | known)
