"""Who comes into another grade is dealt out anew by a rule that asks for grades or
scores, if that is the first rule that speaks of them. Other rules take nobody out of a
hand."""

from datetime import datetime

from apps.assignment.assign import assign
from apps.assignment.models import AssignmentRule
from apps.assignment.table import described_by
from apps.rules.tree import NotUnderstood, leaves, read

WORDS = {"grade", "score", "fit", "engagement"}


def assign_by_grade(contact_id: int, *, at: datetime) -> set[int]:
    rules = list(AssignmentRule.objects.on().order_by("place", "pk"))
    if not any(map(asks_for_grades, rules)):
        return set()
    described, _broken = described_by(rules, [contact_id], at=at)
    speak = [rule for rule in rules if rule.pk in described[contact_id]]
    if not speak or not asks_for_grades(speak[0]):
        return set()
    return assign([contact_id], at=at, anew=True)


def asks_for_grades(rule: AssignmentRule) -> bool:
    try:
        words = {leaf.field.name for leaf in leaves(read(rule.rule))}
    except NotUnderstood:
        return False
    return bool(words & WORDS)
