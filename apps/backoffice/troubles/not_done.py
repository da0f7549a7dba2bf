"""Jobs that are not done because something went wrong, in groups of one reason each.

One query for every kind of job. Only the newest thousand of a kind are told apart;
how many there are in all is counted elsewhere.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import (
    CharField,
    Count,
    DateTimeField,
    F,
    IntegerField,
    Max,
    Min,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from apps.common.dead_letters import KEY, Explanation, explained
from apps.common.jobs import Job, every_kind_of_job
from apps.sync.models import Pull
from apps.wecom.models import Command

LOOKED_AT = 1_000  # of one kind and status
# What a job of a kind is about, which is told of a group of them.
TOPICS = {
    "wecom.Callback": ("event", "change_type"),
    "wecom.Command": ("call", ""),
    "events.Delivery": ("subscriber", ""),
    "common.Slot": ("task", ""),
}


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Jobs that have not been done for the same reason; `example` is no row."""

    example: Job
    key: str
    many: int
    newest: int
    since: datetime
    called_at: datetime | None = None
    topics: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def kind(self) -> type[Job]:
        return type(self.example)

    @property
    def explanation(self) -> Explanation:
        found = explained(self.example)
        return found or Explanation(title="", why="", to_do="")


def kinds_to_replay() -> list[type[Job]]:
    """A pull that failed is no dead letter: the next one reads what it did not."""
    return [kind for kind in every_kind_of_job() if kind is not Pull]


def not_done() -> tuple[list[Alike], list[Alike]]:
    """Commands that wait because something went wrong, and all that has failed."""
    kinds = kinds_to_replay()
    parts = [
        grouped(kind.objects.failed(), number, Job.Status.FAILED)
        for number, kind in enumerate(kinds)
    ]
    waiting = Command.objects.filter(status=Job.Status.WAITING)
    number = kinds.index(Command)
    parts.append(grouped(waiting, number, Job.Status.WAITING))
    groups: dict[Any, Alike] = {}
    for row in parts[0].union(*parts[1:], all=True):
        if not row["sample"] and row["status_is"] == Job.Status.WAITING:
            continue  # it waits, and nothing has gone wrong
        one = alike(kinds[row["number"]], row)
        place = (one.kind, one.example.status, one.key)
        groups[place] = joined(groups[place], one) if place in groups else one
    found = sorted(groups.values(), key=lambda one: (-one.many, one.newest))
    return (
        [one for one in found if one.example.status == Job.Status.WAITING],
        [one for one in found if one.example.status == Job.Status.FAILED],
    )


def grouped(jobs: QuerySet, number: int, status: str) -> QuerySet:
    """How many there are of each reason and topic, among the newest of these."""
    kind = jobs.model
    of_wecom = kind is Command
    topic, more = TOPICS.get(kind._meta.label, ("lane", ""))
    newest = jobs.order_by("-pk").values("pk")[:LOOKED_AT]
    nothing = Cast(Value(None), IntegerField())
    never = Cast(Value(None), DateTimeField())
    return (
        kind.objects.filter(pk__in=newest)
        .order_by()
        .values(
            number=Value(number),
            status_is=Value(status),
            reason_key=KEY,
            topic=F(topic),
            topic_more=F(more) if more else Value("", output_field=CharField()),
            code=F("errcode") if of_wecom else nothing,
        )
        .annotate(
            many=Count("pk"),
            newest=Max("pk"),
            since=Min("created_at"),
            called=Max("called_at") if of_wecom else never,
            sample=Max("last_error"),
            most_bugs=Max("bugs"),
            most_attempts=Max("attempts"),
        )
    )


def alike(kind: type[Job], row: dict[str, Any]) -> Alike:
    example = kind(
        status=row["status_is"],
        last_error=row["sample"],
        bugs=row["most_bugs"],
        attempts=row["most_attempts"],
    )
    if isinstance(example, Command):
        example.errcode = row["code"]
    return Alike(
        example=example,
        key=row["reason_key"],
        many=row["many"],
        newest=row["newest"],
        since=row["since"],
        called_at=row["called"],
        topics=Counter({(row["topic"], row["topic_more"]): row["many"]}),
    )


def joined(one: Alike, other: Alike) -> Alike:
    """The same reason with another topic."""
    called = [each for each in (one.called_at, other.called_at) if each]
    return replace(
        one,
        many=one.many + other.many,
        newest=max(one.newest, other.newest),
        since=min(one.since, other.since),
        called_at=max(called, default=None),
        topics=one.topics + other.topics,
    )
