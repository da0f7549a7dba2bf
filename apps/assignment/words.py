"""What is said of assignments: why somebody was chosen, and why nobody was."""

from collections import Counter

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.assignment.deal import Dealt, Strategy
from apps.channels.words import WHY

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
