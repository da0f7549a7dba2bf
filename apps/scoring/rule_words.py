"""Rules, drafts and months, as the pages of score rules show them."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from apps.common.progress import progress_in_words
from apps.scoring import grade_page
from apps.scoring.models import Rescore, ScoreRule, ScoreVersion
from apps.scoring.months import trend
from apps.scoring.preview import Preview
from apps.scoring.why import says_of

HIGH = 120  # of a bar


def row_of(
    rule: ScoreRule, versions: list[ScoreVersion], request: HttpRequest
) -> dict[str, Any]:
    version = versions[0]
    states = {each.state: each for each in versions}
    return {
        "rule": rule,
        "version": version,
        "says": says_of(version, user=request.user),
        "counts": counts_of(version),
        "in_force": states.get("in_force"),
        "draft": states.get("draft"),
    }


def counts_of(version: ScoreVersion) -> str:
    if not version.is_event:
        return gettext("as long as it holds")
    if version.counts == version.Counts.DAILY:
        return gettext("at most %d times a day") % (version.a_day or 1)
    return str(version.get_counts_display())


def told_of(job: Rescore) -> dict[str, Any]:
    far = f"{job.done:,} / {job.total:,}" if job.total else ""
    doing = job.doing or str(job.get_does_display())
    return progress_in_words(job, doing=doing, far=far, at=timezone.now())


def bars(found: Preview) -> list[dict[str, Any]]:
    most = max((max(one, other) for _t, one, other in found.bars), default=0) or 1
    return [
        {
            "title": title,
            "before": before,
            "after": after,
            "before_high": round(HIGH * before / most),
            "after_high": round(HIGH * after / most),
        }
        for title, before, after in found.bars
    ]


def cells(found: Preview) -> list[dict[str, Any]]:
    return [
        {
            "grade": grade,
            "before": before,
            "after": after,
            "tone": grade_page.tone_of(grade),
        }
        for grade, before, after in found.grades
    ]


def trend_rows() -> list[dict[str, Any]]:
    """Of each month, how many were in A, B, C and D."""
    return [
        {
            "month": month,
            "letters": [
                (letter, sum(n for grade, n in many.items() if grade[:1] == letter))
                for letter in "ABCD"
            ],
        }
        for month, many in trend()
    ]
