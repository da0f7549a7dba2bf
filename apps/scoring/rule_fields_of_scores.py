"""Score, grade and both axes, for the rule language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.rules.fields import Rows, add
from apps.rules.operators import Kind
from apps.scoring.grades import GRADES

STANDING: dict[str, Any] = {
    "group": _("Scores"),
    "permission": "scoring.view_standing",
    "topic": "score",
    "table": "scoring_standing AS row",
    "where": "row.grade <> ''",
    "optional": True,
}

add(
    Rows(
        name="score",
        title=_("score"),
        kind=Kind.NUMBER,
        value="row.score",
        **STANDING,
    ),
    Rows(
        name="grade",
        title=_("grade"),
        kind=Kind.CHOICE,
        choices=lambda: {grade: grade for grade in GRADES},
        value="row.grade",
        **STANDING,
    ),
    Rows(
        name="fit",
        title=_("fit"),
        kind=Kind.NUMBER,
        value="row.fit",
        **STANDING,
    ),
    Rows(
        name="engagement",
        title=_("engagement"),
        kind=Kind.NUMBER,
        value="row.engagement",
        **STANDING,
    ),
)
