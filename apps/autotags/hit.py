"""Something happened: rules that wait for it look at the contact, and put tags on.

For one thing that happened a rule hits a contact once, however often and in which order
it is told: a unique row says so, written in the transaction of the tag, or of the
command that asks WeCom for it. Conditions are read as they stand when the news is
heard. What happened before the rule was switched on is left alone.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Min

from apps.autotags.models import Hit, TagRule
from apps.autotags.put_on import put_on
from apps.autotags.scenes import SCENES, scene_called
from apps.events.event import Event
from apps.rules.compile import describes
from apps.rules.explain import Part, why
from apps.rules.tree import NotUnderstood, read
from apps.segments.scenes import Happened, NotNarrowedSo
from apps.tags.models import Tag

LONGEST = 100  # characters of what is known of somebody


def are_waited_for(events: Sequence[Event]) -> list[bool]:
    """Of events of one kind: those that a rule may hit on."""
    [kind] = {type(event) for event in events}
    scenes = [scene.name for scene in SCENES.values() if scene.event is kind]
    on = TagRule.objects.on().filter(scene__in=scenes)
    since = on.aggregate(since=Min("on_since"))["since"]
    return [
        since is not None and event.contact_id is not None and event.at >= since
        for event in events
    ]


def offer(event: Event, *, at: datetime) -> None:
    """To each rule by itself: one that is not understood stands in nobody's way."""
    scenes = [scene.name for scene in SCENES.values() if scene.event is type(event)]
    for rule in TagRule.objects.on().filter(scene__in=scenes).order_by("pk"):
        try:
            look_at(rule, event, at=at)
        except (NotUnderstood, NotNarrowedSo) as wrong:
            TagRule.objects.filter(pk=rule.pk).update(trouble=str(wrong)[:300])


@transaction.atomic
def look_at(rule: TagRule, event: Event, *, at: datetime) -> None:
    if rule.on_since is None:
        return
    scene = scene_called(rule.scene)
    narrowed = scene.read(rule.narrowed)
    tree = read(rule.rule) if rule.rule else None
    found = scene.happened(narrowed, since=rule.on_since, record_id=event.record_id)
    for happened in found:
        if tree is None:
            reason: list[list[str]] = []
        elif describes(tree, happened.contact_id, at=at):
            reason = [*held(why(tree, happened.contact_id, at=at))]
        else:
            continue
        follow_id = getattr(event, "follow_id", None)
        hit(rule, happened, reason=reason, follow_id=follow_id, at=at)


def hit(
    rule: TagRule,
    happened: Happened,
    *,
    reason: list[list[str]],
    follow_id: int | None,
    at: datetime,
) -> None:
    """A row for each tag, unless the same thing has been hit on before."""
    new = []
    for tag in Tag.objects.filter(pk__in=rule.puts_on.values("tag")).order_by("pk"):
        row, is_new = Hit.objects.get_or_create(
            rule=rule,
            cause=happened.cause,
            tag=tag,
            defaults={
                "contact_id": happened.contact_id,
                "follow_id": follow_id,
                "event_id": happened.record_id,
                "version": rule.version,
                "reason": reason,
                "state": Hit.State.ASKED,
                "at": happened.at,
                "hit_at": at,
            },
        )
        if is_new:
            new.append(row)
    put_on(new, at=at)


def held(part: Part) -> Iterator[list[str]]:
    """The conditions that hold, each with its evidence."""
    if not part.holds:
        return
    if not part.parts:
        yield [part.words[:LONGEST], part.evidence[:LONGEST]]
    for each in part.parts:
        if each.holds == part.holds:
            yield from held(each)
