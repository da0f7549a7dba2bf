"""A rule is made, changed, switched on and off, removed; what it did is taken back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps.audit.note import note
from apps.autotags.models import Hit, TagRule
from apps.autotags.scenes import scene_called
from apps.common.errors import Refused
from apps.lists.actions import ACTIONS
from apps.lists.batch import MOST, begin
from apps.lists.models import Batch
from apps.rules.explain import missing
from apps.rules.tree import read, told
from apps.staff.models import User
from apps.tags.mark import LIST, is_own
from apps.tags.models import Tag

MOST_TAGS = 20


class NoRuleName(Refused):
    """A rule needs a name."""

    code = "tag_rule_without_a_name"


class RuleNameTaken(Refused):
    """There is a rule of this name already."""

    code = "tag_rule_name_taken"


class NoTagChosen(Refused):
    """Choose one to twenty tags that exist."""

    code = "tag_rule_without_tags"


class RuleNamesNothing(Refused):
    """What the conditions name is there no longer, or you may not see it."""

    code = "tag_rule_names_nothing"


class RuleChangedMeanwhile(Refused):
    """A colleague has changed this rule meanwhile. Open it again."""

    code = "tag_rule_changed_meanwhile"


class NothingPutOn(Refused):
    """This rule has put on nothing that could be taken back."""

    code = "tag_rule_put_on_nothing"


@transaction.atomic
def keep(
    *,
    name: str,
    scene: Any,
    narrowed: Any,
    rule: Any,
    tags: Iterable[int],
    by: User,
    at: datetime,
    kept: TagRule | None = None,
    version: int | None = None,
) -> TagRule:
    """Make one, which is off; or change `kept` as somebody saw it in `version`. What a
    changed rule hears of is what happens from now on."""
    what = scene_called(scene)
    found = what.read(narrowed)
    node = read(rule, user=by) if rule else None
    if node and (gone := missing(node, user=by)):
        raise RuleNamesNothing(detail="；".join(gone))
    chosen = standing(tags)
    before = {}
    if kept is None:
        kept = TagRule(owner=by, made_at=at)
    else:
        kept = held(kept)
        if version is not None and version != kept.version:
            raise RuleChangedMeanwhile
        before = told_of(kept)
        kept.version += 1
        kept.on_since = at if kept.on_since else None
    kept.name = " ".join(name.replace("\x00", "").split())[:40]
    if not kept.name:
        raise NoRuleName
    kept.scene, kept.narrowed = what.name, what.told(found)
    kept.rule, kept.trouble = told(node) if node else None, ""
    kept.changed_at = at
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError as error:
        raise RuleNameTaken from error
    kept.puts_on.exclude(tag__in=chosen).delete()
    for tag in chosen:
        kept.puts_on.get_or_create(tag=tag)
    after = told_of(kept)
    if before != after:
        deed = "changed" if before else "added"
        note(deed=deed, by=by, at=at, about=kept, before=before, after=after)
    return kept


@transaction.atomic
def switch(*, rule: TagRule, on: bool, by: User, at: datetime) -> None:
    rule = held(rule)
    if rule.is_on == on:
        return
    rule.on_since, rule.trouble = at if on else None, ""
    rule.save(update_fields=["on_since", "trouble"])
    told = {"before": {"is_on": not on}, "after": {"is_on": on}}
    note(deed="changed", by=by, at=at, about=rule, **told)


@transaction.atomic
def remove(*, rule: TagRule, by: User, at: datetime) -> None:
    """With its hits; tags that it has put on stay where they are."""
    rule = held(rule)
    note(deed="deleted", by=by, at=at, about=rule, before=told_of(rule))
    Hit.objects.filter(rule=rule).delete()
    rule.delete()


@transaction.atomic
def take_back(*, rule: TagRule, by: User, at: datetime) -> list[Batch]:
    """The rule is switched off, and what it put on is taken off: of nobody who carried
    a tag before. A batch for each tag, to be watched, stopped and tried again."""
    switch(rule=rule, on=False, by=by, at=at)
    action = ACTIONS[LIST, "take_off"]
    made = []
    put = rule.hits.filter(state=Hit.State.PUT, taken_back=None).order_by()
    tags = Tag.objects.filter(pk__in=put.values("tag"), deleted_at__isnull=True)
    for tag in tags.select_related("group"):
        hits = put.filter(tag=tag)
        rows = list(hits.order_by("pk").values_list("pk", "contact", "follow")[:MOST])
        undone: dict[int, dict[str, Any]] = {contact: {} for _pk, contact, _f in rows}
        if not is_own(tag):
            for _pk, contact, follow in rows:
                undone[contact].setdefault("follows", []).append(follow)
        options = {"tag": tag.pk, "name": str(tag)}
        batch = begin(
            action=action, numbers=[*undone], options=options, by=by, at=at, of=undone
        )
        rule.hits.filter(pk__in=[pk for pk, *_rest in rows]).update(taken_back=batch)
        made.append(batch)
    if not made:
        raise NothingPutOn
    return made


def held(rule: TagRule) -> TagRule:
    """Nobody else changes it until the end."""
    return TagRule.objects.select_for_update().get(pk=rule.pk)


def standing(tags: Iterable[int]) -> list[Tag]:
    wanted = set(tags)
    found = Tag.objects.filter(pk__in=wanted, deleted_at__isnull=True).order_by("pk")
    chosen = list(found[: MOST_TAGS + 1])
    if len(chosen) != len(wanted) or not 1 <= len(chosen) <= MOST_TAGS:
        raise NoTagChosen
    return chosen


def told_of(rule: TagRule) -> dict[str, Any]:
    tags = rule.puts_on.select_related("tag").order_by("pk")
    return {
        "name": rule.name,
        "scene": rule.scene,
        "narrowed": rule.narrowed,
        "rule": rule.rule,
        "tag": "、".join(str(each.tag) for each in tags),
    }
