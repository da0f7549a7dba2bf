"""What sums are worth at a moment: by rule, by group, on both axes, and as a grade.

All of it is SQL over one row of scoring_standing, called `row`: a score of one contact
and those of a million are the same expression.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log

from apps.scoring.fold import DAY
from apps.scoring.grades import LETTERS, NUMBERS, held_in_sql
from apps.scoring.models import Axis, GradeSetting, ScoreGroup, ScoreVersion

THRESHOLDS = [10, 25, 40]
TINY = 1e-290
LONGEST = 10 * 366 * DAY


def setting_of_grades() -> GradeSetting:
    """As it is, or as it is at first."""
    found = GradeSetting.objects.first()
    return found or GradeSetting(
        pk=1, fit=[*THRESHOLDS], engagement=[*THRESHOLDS], generation=1
    )


def in_force() -> list[ScoreVersion]:
    versions = ScoreVersion.objects.in_force().select_related("group", "rule")
    return list(versions.order_by("slot"))


@dataclass(frozen=True)
class Scale:
    """These versions, at this moment."""

    versions: Sequence[ScoreVersion]
    setting: GradeSetting
    at: datetime

    @classmethod
    def now(cls, *, at: datetime) -> "Scale":
        """What is in force."""
        return cls(in_force(), setting_of_grades(), at)

    # -- what rules and groups are worth

    def raw(self, version: ScoreVersion) -> str:
        factor = version.fades(self.at)
        found = f"coalesce(row.sums[{version.slot}], 0)"
        if not version.half_life:
            return found
        return f"{found} * {factor!r}" if factor > TINY else "0::float8"

    def worth(self, version: ScoreVersion) -> str:
        return capped(self.raw(version), version.cap)

    def of_group(self, group: ScoreGroup) -> str:
        mine = [self.worth(v) for v in self.versions if v.group_id == group.pk]
        return capped(f"({' + '.join(mine)})", group.cap)

    def groups(self, axis: str) -> list[ScoreGroup]:
        found = {v.group_id: v.group for v in self.versions if v.group.axis == axis}
        return [found[pk] for pk in sorted(found)]

    def axis(self, axis: str) -> str:
        return " + ".join(map(self.of_group, self.groups(axis))) or "0::float8"

    # -- when it changes by itself

    def seconds_left(self, axis: str, *, value: str) -> str:
        """Before so many seconds have passed the rounded value stays what it is."""
        mine = [v for v in self.versions if v.half_life and v.group.axis == axis]
        if not mine:
            return "NULL::float8"
        falls = " + ".join(self.slope(v, "greatest") for v in mine)
        rises = " + ".join(f"-({self.slope(v, 'least')})" for v in mine)
        leaves = [
            f"CASE WHEN abs({self.raw(v)}) > {v.cap} THEN "
            f"ln(abs({self.raw(v)}) / {v.cap}) * {v.half_life * DAY / log(2)!r} END"
            for v in mine
            if v.cap and v.half_life
        ]
        parts = [
            f"({value} - round({value}) + 0.5) / nullif({falls}, 0)",
            f"(round({value}) + 0.5 - {value}) / nullif({rises}, 0)",
            *leaves,
        ]
        return f"least({', '.join(parts)})"

    def slope(self, version: ScoreVersion, side: str) -> str:
        """What it loses (or, of points below 0, gains) in a second."""
        assert version.half_life
        raw = f"{side}({self.raw(version)}, 0)"
        if version.cap:
            raw = f"CASE WHEN abs({raw}) > {version.cap} THEN 0 ELSE {raw} END"
        return f"({raw}) * {log(2) / (version.half_life * DAY)!r}"

    # -- grades

    def letter(self, axis: str) -> str:
        letters, place = (LETTERS, 1) if axis == Axis.FIT else (NUMBERS, 2)
        thresholds = self.setting.fit if axis == Axis.FIT else self.setting.engagement
        was = f"strpos('{letters}', substr(row.grade, {place}, 1)) - 1"
        found = held_in_sql(
            f"row.{axis}",
            thresholds,
            margin=self.setting.margin,
            was=f"CASE WHEN row.grade = '' THEN 0 ELSE {was} END",
        )
        return f"substr('{letters}', 1 + {found}, 1)"

    @property
    def generation(self) -> int:
        return self.setting.generation


def capped(value: str, cap: int | None) -> str:
    return f"least({cap}, greatest(-{cap}, {value}))" if cap else value


def graded(scale: Scale, *, source: str) -> str:
    """Rows of `source` (contact_id, sums, grade, generation) with all they come to."""
    axes = ", ".join(f"{scale.axis(axis)} AS {axis}_x" for axis in Axis.values)
    left = ", ".join(
        f"{scale.seconds_left(axis, value='row.' + axis + '_x')} AS {axis}_left"
        for axis in Axis.values
    )
    rounded = ", ".join(f"round(row.{a}_x)::int AS {a}" for a in Axis.values)
    letters = " || ".join(scale.letter(axis) for axis in Axis.values)
    return f"""
        SELECT row.contact_id, row.sums, row.fit, row.engagement,
            row.fit + row.engagement AS score, row.grade AS was,
            row.generation AS was_under, {letters} AS grade,
            %(at)s + make_interval(secs => least(row.fit_left, row.engagement_left,
                {LONGEST})) AS due_at,
            least(row.fit_left, row.engagement_left) IS NULL AS for_ever
        FROM (
            SELECT row.contact_id, row.sums, row.grade, row.generation,
                {rounded}, {left}
            FROM (
                SELECT row.*, {axes} FROM ({source}) AS row OFFSET 0
            ) AS row OFFSET 0
        ) AS row
    """


def only_scores(scale: Scale) -> str:
    """A statement of all contacts' fit and engagement, not rounded."""
    axes = ", ".join(f"{scale.axis(axis)} AS {axis}" for axis in Axis.values)
    return f"SELECT row.contact_id, {axes} FROM scoring_standing AS row"


def slots_of(versions: Iterable[ScoreVersion]) -> list[int]:
    return sorted(version.slot for version in versions if version.slot)
