"""A rule of assignment is made, changed, moved, switched on and off, removed."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from apps.assignment.check import check
from apps.assignment.models import AssignmentRule, Dealt, Pool
from apps.audit.note import note
from apps.channels.plan import NotAPlan
from apps.channels.plan import read as read_plan
from apps.common.errors import Refused
from apps.rules.explain import missing
from apps.rules.tree import read, told
from apps.staff.models import User


class NoRuleName(Refused):
    """A rule needs a name."""

    code = "assignment_rule_without_a_name"


class RuleNameTaken(Refused):
    """There is a rule of this name already."""

    code = "assignment_rule_name_taken"


class RuleNamesNothing(Refused):
    """What the conditions name is there no longer, or you may not see it."""

    code = "assignment_rule_names_nothing"


class RuleChangedMeanwhile(Refused):
    """A colleague has changed this rule meanwhile. Open it again."""

    code = "assignment_rule_changed_meanwhile"


class NoSuchStrategy(Refused):
    """Choose in which way contacts are dealt out."""

    code = "assignment_rule_without_a_strategy"


def drawn(
    *,
    name: str,
    rule: Any,
    plan: Any,
    strategy: str,
    keeps: bool,
    by_skill: bool,
    pool: Pool | None,
    by: User,
    kept: AssignmentRule | None = None,
) -> AssignmentRule:
    """The rule as somebody describes it; nothing is written."""
    found = AssignmentRule(made_by=by)
    if kept is not None:
        found = AssignmentRule.objects.get(pk=kept.pk)
    read_plan(plan)
    if strategy not in AssignmentRule.Strategy.values:
        raise NoSuchStrategy
    node = read(rule, user=by) if rule else None
    if node and (gone := missing(node, user=by)):
        raise RuleNamesNothing(detail="；".join(gone))
    found.name = " ".join(name.replace("\x00", "").split())[:40]
    found.rule, found.plan = (told(node) if node else None), plan
    found.strategy, found.keeps, found.by_skill = strategy, keeps, by_skill
    found.pool = pool
    return found


@transaction.atomic
def keep(
    *,
    at: datetime,
    by: User,
    kept: AssignmentRule | None = None,
    version: int | None = None,
    **described: Any,
) -> AssignmentRule:
    """Make one, which is off; or change `kept` as somebody saw it in `version`. One
    that is on must stay fit for it."""
    before: dict[str, Any] = {}
    if kept is not None:
        kept = held(kept)
        if version is not None and version != kept.version:
            raise RuleChangedMeanwhile
        before = told_of(kept)
    rule = drawn(by=by, kept=kept, **described)
    if not rule.name:
        raise NoRuleName
    if kept is None:
        last = AssignmentRule.objects.aggregate(last=Max("place"))["last"] or 0
        rule.place, rule.made_at = last + 1, at
    else:
        rule.version += 1
    rule.changed_at, rule.trouble = at, ""
    if rule.is_on:
        refuse_unfit(rule, at=at)
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise RuleNameTaken from error
    after = told_of(rule)
    if before != after:
        deed = "changed" if before else "added"
        note(deed=deed, by=by, at=at, about=rule, before=before, after=after)
    return rule


@transaction.atomic
def switch(*, rule: AssignmentRule, on: bool, by: User | None, at: datetime) -> None:
    rule = held(rule)
    if rule.is_on == on:
        return
    if on:
        refuse_unfit(rule, at=at)
    rule.is_on, rule.trouble = on, ""
    rule.save(update_fields=["is_on", "trouble"])
    values = {"before": {"is_on": not on}, "after": {"is_on": on}}
    note(deed="changed", by=by, at=at, about=rule, **values)


@transaction.atomic
def move(*, rule: AssignmentRule, up: bool, by: User, at: datetime) -> None:
    """Rules are asked from the top; this one changes places with its neighbour."""
    rules = list(AssignmentRule.objects.select_for_update().order_by("place", "pk"))
    here = next(n for n, each in enumerate(rules) if each.pk == rule.pk)
    there = here + (-1 if up else 1)
    if not 0 <= there < len(rules):
        return
    rules[here], rules[there] = rules[there], rules[here]
    for place, each in enumerate(rules, start=1):
        each.place = place
    AssignmentRule.objects.bulk_update(rules, ["place"])
    moved = {"before": {"place": here + 1}, "after": {"place": there + 1}}
    note(deed="changed", by=by, at=at, about=rule, **moved)


@transaction.atomic
def remove(*, rule: AssignmentRule, by: User, at: datetime) -> None:
    """What it has given stays where it is."""
    rule = held(rule)
    note(deed="deleted", by=by, at=at, about=rule, before=told_of(rule))
    Dealt.objects.filter(rule=rule).delete()
    rule.delete()


def refuse_unfit(rule: AssignmentRule, *, at: datetime) -> None:
    found = check(rule, at=at)
    if found.problems:
        raise NotAPlan(found.problems)


def held(rule: AssignmentRule) -> AssignmentRule:
    return AssignmentRule.objects.select_for_update().get(pk=rule.pk)


def told_of(rule: AssignmentRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "rule": rule.rule,
        "plan": rule.plan,
        "strategy": rule.strategy,
        "keeps": rule.keeps,
        "by_skill": rule.by_skill,
        "pool": str(rule.pool or ""),
    }
