"""What is said of assignments: why somebody was chosen, and why nobody was."""

from collections import Counter
from copy import deepcopy
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.assignment.deal import Dealt, Lead, Strategy, Table
from apps.channels.choose import Why
from apps.channels.words import TONES, WHY

TAKEN = {
    Strategy.IN_TURN: _("has waited longest for a turn"),
    Strategy.WEIGHTED: _("is owed most by the weights"),
    Strategy.LEAST_OPEN: _("looks after fewest"),
    Strategy.LONGEST_IDLE: _("was given nobody for longest"),
}


def why_taken(dealt: Dealt) -> str:
    rule = dealt.rule
    assert rule is not None
    why = str(TAKEN[rule.strategy])
    if dealt.kept:
        why = gettext("had them before")
    elif dealt.backup:
        why = gettext("backup: nobody else is free")
    words = gettext("rule “%(rule)s”: %(why)s")
    return words % {"rule": rule.name, "why": why}


def why_nobody(dealt: Dealt) -> str:
    """Of how many colleagues what is in the way."""
    rule = dealt.rule
    assert rule is not None
    counted = Counter(standing.why for standing in dealt.choice.standings)
    parts = [f"{WHY[why]} {many}" for why, many in counted.most_common()]
    if not parts:
        parts = [gettext("no colleague has the skill")]
    words = gettext("rule “%(rule)s”: nobody is free (%(why)s)")
    return words % {"rule": rule.name, "why": "、".join(parts)}


def stand_at(table: Table, *, at: datetime) -> list[dict[str, Any]]:
    """How each of a rule's people stands to the next contact; who is next, and why."""
    table = deepcopy(table)
    rule = table.rules[0]
    rule.keeps = rule.by_skill = False
    dealt = table.deal(Lead(contact_id=0), described={rule.rule_id}, at=at)
    assert dealt is not None
    lines = []
    for standing in dealt.choice.standings:
        words, why = str(WHY[standing.why]), standing.why
        if standing.person.employee == dealt.employee_id:
            words, why = f"{WHY[Why.NEXT]}：{TAKEN[rule.strategy]}", Why.NEXT
        elif why == Why.NEXT:
            words, why = str(WHY[Why.WAITS]), Why.WAITS
        lines.append(
            {
                "employee": standing.colleague,
                "person": standing.person,
                "count": standing.count,
                "daily_cap": standing.person.daily_cap or rule.plan.each_daily_cap,
                "why": words,
                "tone": TONES.get(why, ""),
            }
        )
    return lines
