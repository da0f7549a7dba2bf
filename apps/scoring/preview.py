"""What the drafts would change: scores before and after, and who moves grade.

The drafts' sums lie beside those in force, so what is shown is reckoned by the very
expression that settles scores once they are in force.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from apps.contacts.models import Contact
from apps.scoring.grades import GRADES, LOWEST, is_better
from apps.scoring.models import ScoreVersion
from apps.scoring.scale import Scale, graded

STEP = 10  # points of a bar
BARS = range(-1, 11)  # below 0, 0 to 9, …, 100 and more
SHOWN = 20
ALL = "SELECT contact_id, sums, grade, generation FROM scoring_standing"
BY_GRADE = """
SELECT was, grade, count(*), (array_agg(contact_id ORDER BY score DESC))[:{shown}]
FROM ({after}) AS after GROUP BY 1, 2
"""
BY_SCORE = """
SELECT least(greatest(floor({score} / {step}.0), -1), 10)::int, count(*)
FROM ({rows}) AS row GROUP BY 1
"""


@dataclass(frozen=True, kw_only=True)
class Move:
    """People of one grade who would come into another."""

    was: str
    grade: str
    many: int
    people: list[Contact]

    @property
    def is_better(self) -> bool:
        return is_better(self.grade, self.was)


@dataclass(frozen=True, kw_only=True)
class Preview:
    grades: list[tuple[str, int, int]]  # with how many are in it now, and would be
    bars: list[tuple[str, int, int]]  # of scores
    moves: list[Move]
    many: int
    moving: int


def versions_after() -> list[ScoreVersion]:
    """What would count: drafts in the place of what they change."""
    drafts = ScoreVersion.objects.drafts()
    changed = list(drafts.values_list("rule_id", flat=True))
    stay = ScoreVersion.objects.in_force().exclude(rule__in=changed)
    both = stay | drafts.filter(ends=False)
    return list(both.select_related("group", "rule").order_by("slot"))


def preview(*, at: datetime) -> Preview:
    now = Scale.now(at=at)
    after = replace(now, versions=versions_after())
    told = {"at": at}
    with connection.cursor() as cursor:
        rows = graded(after, source=ALL)
        cursor.execute(BY_GRADE.format(after=rows, shown=SHOWN), told)
        cells = cursor.fetchall()
        scores = []
        for source in ("SELECT * FROM scoring_standing", rows):
            statement = BY_SCORE.format(rows=source, score="row.score", step=STEP)
            cursor.execute(statement, told)
            scores.append(dict(cursor.fetchall()))
    moved = [cell for cell in cells if (cell[0] or LOWEST) != cell[1]]
    moved.sort(key=lambda cell: -cell[2])
    wanted = {pk for _was, _grade, _many, people in moved for pk in people}
    people = Contact.objects.current().in_bulk(wanted)
    return Preview(
        grades=[
            (
                grade,
                sum(many for was, _g, many, _p in cells if (was or LOWEST) == grade),
                sum(many for _was, g, many, _p in cells if g == grade),
            )
            for grade in GRADES
        ],
        bars=[(bar_title(n), scores[0].get(n, 0), scores[1].get(n, 0)) for n in BARS],
        moves=[
            Move(
                was=was,
                grade=grade,
                many=many,
                people=[people[pk] for pk in numbers if pk in people],
            )
            for was, grade, many, numbers in moved
        ],
        many=sum(cell[2] for cell in cells),
        moving=sum(cell[2] for cell in moved),
    )


def bar_title(number: int) -> str:
    if number < 0:
        return "< 0"
    return "≥ 100" if number == BARS[-1] else f"{number * STEP}–{number * STEP + 9}"


def drafts_in_words() -> list[dict[str, Any]]:
    """Each draft with what it changes."""
    drafts = ScoreVersion.objects.drafts().select_related("rule", "group", "by")
    stands = {
        version.rule_id: version
        for version in ScoreVersion.objects.in_force().select_related("group")
    }
    return [
        {"draft": draft, "before": stands.get(draft.rule_id)}
        for draft in drafts.order_by("pk")
    ]
