"""Why 72: the lines of a contact, with what they are worth today, by group.

A version's lines are cut as its cap, and a group's as its own, so what is shown adds up
to the score. What would lift it most: the rules that would bring most if they were met
once more, as the caps stand.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.rules.explain import sentence
from apps.rules.tree import NotUnderstood, read
from apps.scoring.fold import lines, weighed
from apps.scoring.models import Axis, ScoreGroup, ScoreVersion, Standing
from apps.scoring.months import Month, months_of
from apps.scoring.scale import in_force
from apps.scoring.scenes import scene_called
from apps.segments.scenes import NoSuchScene, NotNarrowedSo
from apps.staff.models import User

SHOWN = 8  # lines of one rule
LIFTS = 3
LINES = """
SELECT version_id, at, points, worth, many, total FROM (
    SELECT line.version_id, line.at, line.points, line.worth,
        count(*) OVER mine AS many, sum(line.worth) OVER mine AS total,
        row_number() OVER (PARTITION BY line.version_id
            ORDER BY line.at DESC, line.id DESC) AS place
    FROM (SELECT told.*, CASE {worths} END AS worth FROM ({lines}) AS told) AS line
    WHERE line.points <> 0
    WINDOW mine AS (PARTITION BY line.version_id)
) AS placed WHERE place <= {shown} ORDER BY version_id, at DESC
"""


@dataclass(frozen=True, kw_only=True)
class Earned:
    """One line."""

    at: datetime
    points: int
    worth: float

    @property
    def days(self) -> int:
        return max((timezone.now() - self.at).days, 0)


@dataclass(kw_only=True)
class OfRule:
    version: ScoreVersion
    many: int = 0
    total: float = 0.0  # before the cap
    lines: list[Earned] = field(default_factory=list)

    @property
    def worth(self) -> float:
        return cut(self.total, self.version.cap)

    @property
    def is_cut(self) -> bool:
        return abs(self.total - self.worth) > 1e-9

    @property
    def more(self) -> int:
        return max(self.many - len(self.lines), 0)


@dataclass(kw_only=True)
class OfGroup:
    group: ScoreGroup
    rules: list[OfRule] = field(default_factory=list)

    @property
    def total(self) -> float:
        return sum(rule.worth for rule in self.rules)

    @property
    def worth(self) -> float:
        return cut(self.total, self.group.cap)

    @property
    def is_cut(self) -> bool:
        return abs(self.total - self.worth) > 1e-9


@dataclass(frozen=True, kw_only=True)
class Lift:
    """What one more would bring."""

    rule: ScoreVersion
    says: str
    brings: int


@dataclass(frozen=True, kw_only=True)
class Why:
    standing: Standing | None
    fit: list[OfGroup]
    engagement: list[OfGroup]
    lifts: list[Lift]
    months: list[Month]

    @property
    def axes(self) -> list[tuple[Any, int, list[OfGroup]]]:
        found = []
        for axis, groups in ((Axis.FIT, self.fit), (Axis.ENGAGEMENT, self.engagement)):
            found.append((axis.label, round(worth_of(groups)), groups))
        return found

    @property
    def score(self) -> int:
        return sum(worth for _title, worth, _groups in self.axes)


def why(
    contact_id: int,
    *,
    at: datetime,
    user: User | None = None,
    standing: Standing | None = None,
) -> Why:
    """`standing` spares a question to whoever has read it."""
    versions = in_force()
    rules = {v.pk: OfRule(version=v) for v in versions}
    for version_id, when, points, worth, many, total in read_lines(
        contact_id, versions, at=at
    ):
        rule = rules[version_id]
        rule.many, rule.total = many, total
        rule.lines.append(Earned(at=when, points=points, worth=worth))
    groups: dict[int, OfGroup] = {}
    for rule in rules.values():
        group = rule.version.group
        groups.setdefault(group.pk, OfGroup(group=group)).rules.append(rule)
    by_axis: dict[str, list[OfGroup]] = defaultdict(list)
    for _pk, each in sorted(groups.items()):
        by_axis[each.group.axis].append(each)
    lifts = lifts_of(groups.values(), at=at, user=user)  # also by what earned nothing
    return Why(
        standing=standing or standing_of(contact_id),
        fit=earned_in(by_axis[Axis.FIT]),
        engagement=earned_in(by_axis[Axis.ENGAGEMENT]),
        lifts=lifts,
        months=months_of(contact_id),
    )


def read_lines(
    contact_id: int, versions: Sequence[ScoreVersion], *, at: datetime
) -> list[tuple]:
    if not versions:
        return []
    told, held = lines(versions, who="= ANY(%(who)s)")
    worths = " ".join(
        f"WHEN version_id = {v.pk} THEN "
        f"{weighed(v, points='told.points', at='told.at')} * {v.fades(at)!r}::float8"
        for v in versions
    )
    with connection.cursor() as cursor:
        statement = LINES.format(worths=worths, lines=told, shown=SHOWN)
        cursor.execute(statement, {**held, "who": [contact_id]})
        return cursor.fetchall()


def standing_of(contact_id: int) -> Standing | None:
    return Standing.objects.filter(contact=contact_id).first()


def earned_in(groups: list[OfGroup]) -> list[OfGroup]:
    """Without rules that have earned nothing."""
    for each in groups:
        each.rules = [rule for rule in each.rules if rule.lines]
        each.rules.sort(key=lambda rule: -abs(rule.worth))
    return [each for each in groups if each.rules]


def lifts_of(groups: Any, *, at: datetime, user: User | None) -> list[Lift]:
    """Of rules that may be met once more; who has "once" already gains nothing."""
    found = []
    for each in groups:
        for rule in each.rules:
            version = rule.version
            once = not version.is_event or version.counts == version.Counts.ONCE
            if version.points <= 0 or (once and rule.lines) or is_over(version, at):
                continue
            after = cut(rule.total + version.points, version.cap)
            in_group = cut(each.total + after - rule.worth, each.group.cap)
            brings = round(in_group - each.worth)
            if brings > 0:
                found.append((brings, version))
    found.sort(key=lambda pair: (-pair[0], pair[1].pk))
    return [
        Lift(rule=version, says=says_of(version, user=user), brings=brings)
        for brings, version in found[:LIFTS]
    ]


def is_over(version: ScoreVersion, at: datetime) -> bool:
    return bool(version.last_day and version.last_day < timezone.localdate(at))


def says_of(version: ScoreVersion, *, user: User | None = None) -> str:
    """What must happen, or hold, in words."""
    try:
        if version.is_event:
            scene = scene_called(version.scene)
            return scene.sentence(scene.read(version.narrowed))
        return sentence(read(version.conditions), user=user)
    except (NotUnderstood, NoSuchScene, NotNarrowedSo) as wrong:
        return str(wrong)


def cut(value: float, cap: int | None) -> float:
    return max(-cap, min(cap, value)) if cap else value


def worth_of(groups: list[OfGroup]) -> float:
    return sum(each.worth for each in groups)
