"""What somebody says of a score rule, and what of it is understood."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.common.errors import Refused
from apps.rules.explain import missing
from apps.rules.tree import leaves, read, told
from apps.scoring.models import ScoreVersion
from apps.scoring.scenes import scene_called
from apps.staff.models import User

TOPIC = "score"
State = ScoreVersion.State
EARNS = ("scene", "narrowed", "conditions", "points", "first_day", "last_day")
MOST_POINTS = 1_000
LONGEST_LIFE = 3_650


class NoRuleName(Refused):
    """A rule needs a name."""

    code = "score_rule_without_a_name"


class RuleNameTaken(Refused):
    """There is a rule of this name already."""

    code = "score_rule_name_taken"


class NoSuchPoints(Refused):
    """Points are a whole number from -1000 to 1000, and not 0."""

    code = "score_rule_without_points"


class NoSuchNumber(Refused):
    """Times a day, half-life and caps are whole numbers of 1 or more."""

    code = "score_rule_with_a_wrong_number"


class NoSuchDays(Refused):
    """The last day is before the first."""

    code = "score_rule_ends_before_it_begins"


class NoGroup(Refused):
    """Say into which group the rule belongs."""

    code = "score_rule_without_a_group"


class SaysNothing(Refused):
    """Say what must happen, or which conditions must hold."""

    code = "score_rule_says_nothing"


class RuleNamesNothing(Refused):
    """What the conditions name is there no longer, or you may not see it."""

    code = "score_rule_names_nothing"


class GoesInCircles(Refused):
    """Points cannot be for scores or grades: these follow from points."""

    code = "score_rule_goes_in_circles"


class TooManyRules(Refused):
    """No more than 60 rules and drafts earn points at a time; end one first."""

    code = "too_many_score_rules"


class ChangedMeanwhile(Refused):
    """A colleague has changed this rule meanwhile. Open it again."""

    code = "score_rule_changed_meanwhile"


class NothingToDo(Refused):
    """There is no draft."""

    code = "no_score_drafts"


class NotReckonedYet(Refused):
    """The drafts are still being reckoned. Look again in a moment."""

    code = "score_drafts_not_reckoned"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a version of a rule says."""

    name: str
    axis: str
    group: str
    points: int
    scene: str = ""
    narrowed: Any = None
    conditions: Any = None
    counts: str = ScoreVersion.Counts.EACH
    a_day: int | None = None
    half_life: int | None = None
    cap: int | None = None
    first_day: date | None = None
    last_day: date | None = None


def understood(said: Said, *, by: User) -> ScoreVersion:
    draft = ScoreVersion(points=said.points, counts=said.counts)
    if not said.points or abs(said.points) > MOST_POINTS:
        raise NoSuchPoints
    if said.scene:
        scene = scene_called(said.scene)
        draft.scene = scene.name
        draft.narrowed = scene.told(scene.read(said.narrowed or {}))
        good_counting(said, draft)
    elif said.conditions:
        node = read(said.conditions, user=by)
        if any(leaf.field.topic == TOPIC for leaf in leaves(node)):
            raise GoesInCircles
        if gone := missing(node, user=by):
            raise RuleNamesNothing(detail="；".join(gone))
        draft.conditions, draft.counts = told(node), draft.Counts.ONCE
    else:
        raise SaysNothing
    draft.cap = good_number(said.cap, MOST_POINTS)
    draft.first_day, draft.last_day = said.first_day, said.last_day
    if said.first_day and said.last_day and said.last_day < said.first_day:
        raise NoSuchDays
    return draft


def same_lines(draft: ScoreVersion) -> ScoreVersion | None:
    """The version in force, if it earns for the same things as much: only how its lines
    are counted is different."""
    stands = draft.rule.versions.filter(state=State.IN_FORCE, trouble="").first()
    if stands is None or any(
        getattr(stands, name) != getattr(draft, name) for name in EARNS
    ):
        return None
    return stands.earns_as or stands


def good_counting(said: Said, draft: ScoreVersion) -> None:
    if said.counts not in draft.Counts.values:
        raise NoSuchNumber
    if said.counts == draft.Counts.DAILY:
        draft.a_day = good_number(said.a_day or 1, MOST_POINTS)
    draft.half_life = good_number(said.half_life, LONGEST_LIFE)


def good_number(value: int | None, most: int) -> int | None:
    if value is not None and not 1 <= value <= most:
        raise NoSuchNumber
    return value
