"""Rules are made and changed as drafts; together they come into force, or are given up.

A draft is reckoned beside what is in force: what it would change is seen before it
does. A rule that ends is a draft as well.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from apps.audit.note import note
from apps.common.turns import take_turns
from apps.scoring.models import (
    Axis,
    GradeSetting,
    Rescore,
    ScoreGroup,
    ScoreRule,
    ScoreVersion,
)
from apps.scoring.rescore import Does, ask_for
from apps.scoring.said import (
    ChangedMeanwhile,
    NoGroup,
    NoRuleName,
    NothingToDo,
    NotReckonedYet,
    RuleNameTaken,
    Said,
    TooManyRules,
    same_lines,
    understood,
)
from apps.scoring.scale import setting_of_grades
from apps.staff.models import User

TURN = "score rules"
State = ScoreVersion.State
TOLD = ("points", "counts", "a_day", "half_life", "cap", "first_day", "last_day")


@transaction.atomic
def keep(
    *,
    said: Said,
    by: User,
    at: datetime,
    rule: ScoreRule | None = None,
    version: int | None = None,
) -> ScoreVersion:
    """A draft of a new rule, or of `rule` as somebody saw it in `version`."""
    made = draft_all([said], by=by, at=at, rule=rule, version=version)
    ask_for(Does.RECKON, at=at)
    return made[0]


@transaction.atomic
def draft_all(
    several: Iterable[Said],
    *,
    by: User,
    at: datetime,
    rule: ScoreRule | None = None,
    version: int | None = None,
) -> list[ScoreVersion]:
    take_turns(TURN)
    made = []
    for said in several:
        draft = understood(said, by=by)
        draft.rule = rule if rule else named(said.name, by=by, at=at)
        if rule is not None:
            rename(rule, said.name)
            if version is not None and version != newest(rule):
                raise ChangedMeanwhile
        before = told_of(draft.rule)
        ScoreVersion.objects.drafts().filter(rule=draft.rule).update(
            state=State.DROPPED, ended_at=at
        )
        draft.group = group_named(said)
        draft.earns_as = same_lines(draft)
        draft.number = newest(draft.rule) + 1
        draft.slot, draft.landmark = free_slot(), at
        draft.by, draft.at = by, at
        draft.save()
        made.append(draft)
        deed = "changed" if before else "added"
        after = told_of(draft.rule)
        note(deed=deed, by=by, at=at, about=draft.rule, before=before, after=after)
    return made


@transaction.atomic
def end(*, rule: ScoreRule, by: User, at: datetime) -> ScoreVersion | None:
    """A draft that ends the rule; one that never was in force is gone at once."""
    take_turns(TURN)
    stands = rule.versions.filter(state=State.IN_FORCE).first()
    rule.versions.filter(state=State.DRAFT).update(state=State.DROPPED, ended_at=at)
    if stands is None:
        return None
    draft = ScoreVersion(rule=rule, number=newest(rule) + 1, ends=True, ready_at=at)
    for name in ("group_id", "scene", "narrowed", "conditions", *TOLD):
        setattr(draft, name, getattr(stands, name))
    draft.by, draft.at = by, at
    draft.save()
    note(deed="changed", by=by, at=at, about=rule, after={"ends": True})
    return draft


@transaction.atomic
def put_in_force(*, by: User, at: datetime) -> Rescore:
    """All drafts at once; scores are settled by a job."""
    take_turns(TURN)
    drafts = list(ScoreVersion.objects.drafts().select_for_update())
    if not drafts:
        raise NothingToDo
    if any(draft.ready_at is None for draft in drafts):
        raise NotReckonedYet
    for draft in drafts:
        before = draft.rule.versions.filter(state=State.IN_FORCE)
        before.update(state=State.PAST, ended_at=at)
        draft.state = State.PAST if draft.ends else State.IN_FORCE
        draft.in_force_at, draft.ended_at = at, at if draft.ends else None
        draft.save(update_fields=["state", "in_force_at", "ended_at"])
        note(deed="put_in_force", by=by, at=at, about=draft.rule)
    return others_count_now(at=at)


@transaction.atomic
def give_up(*, by: User, at: datetime) -> int:
    """All drafts; their lines of the ledger never counted."""
    take_turns(TURN)
    drafts = list(ScoreVersion.objects.drafts().select_related("rule"))
    for draft in drafts:
        note(deed="given_up", by=by, at=at, about=draft.rule)
    rows = ScoreVersion.objects.filter(pk__in=[draft.pk for draft in drafts])
    return rows.update(state=State.DROPPED, ended_at=at)


def others_count_now(*, at: datetime) -> Rescore:
    """Scores follow from something else from this moment on."""
    setting = setting_of_grades()
    if setting._state.adding:
        setting.save()
    GradeSetting.objects.update(generation=F("generation") + 1, changed_at=at)
    return ask_for(Does.SETTLE, at=at)


def named(name: str, *, by: User, at: datetime) -> ScoreRule:
    tidy = tidied(name)
    try:
        with transaction.atomic():
            return ScoreRule.objects.create(name=tidy, owner=by, made_at=at)
    except IntegrityError as error:
        raise RuleNameTaken(detail=tidy) from error


def rename(rule: ScoreRule, name: str) -> None:
    rule.name = tidied(name)
    try:
        with transaction.atomic():
            rule.save(update_fields=["name"])
    except IntegrityError as error:
        raise RuleNameTaken from error


def tidied(name: str) -> str:
    tidy = " ".join(name.replace("\x00", "").split())[:40]
    if not tidy:
        raise NoRuleName
    return tidy


def group_named(said: Said) -> ScoreGroup:
    name = " ".join(said.group.replace("\x00", "").split())[:20]
    if not name or said.axis not in Axis.values:
        raise NoGroup
    found, _made = ScoreGroup.objects.get_or_create(axis=said.axis, name=name)
    return found


def newest(rule: ScoreRule) -> int:
    return rule.versions.aggregate(most=Max("number"))["most"] or 0


def free_slot() -> int:
    used = set(ScoreVersion.objects.counting().values_list("slot", flat=True))
    free = [n for n in range(1, ScoreVersion.MOST_SLOTS + 1) if n not in used]
    if not free:
        raise TooManyRules
    return free[0]


def told_of(rule: ScoreRule) -> dict[str, Any]:
    newest_version = rule.versions.select_related("group").order_by("-number").first()
    if newest_version is None:
        return {}
    shown = {name: getattr(newest_version, name) for name in TOLD}
    return {
        "name": rule.name,
        "group": f"{newest_version.group.get_axis_display()} · {newest_version.group}",
        "scene": newest_version.scene,
        "narrowed": newest_version.narrowed,
        "rule": newest_version.conditions,
        **{name: value for name, value in shown.items() if value is not None},
    }
