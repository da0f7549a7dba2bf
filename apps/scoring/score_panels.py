"""What scores bring to the contact page and to the list of contacts."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.filters import Choice
from apps.common.panels import shared
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, FACT, SIDE, Look, theme
from apps.scoring.grade_page import tone_of
from apps.scoring.grades import GRADES
from apps.scoring.models import Standing
from apps.scoring.why import Why, why

theme(
    "grades",
    title=_("Grades"),
    looks={
        "GradeChanged:better": Look("trending_up", "good"),
        "GradeChanged:worse": Look("trending_down", "late"),
    },
)
CONTACT_PAGE.join(
    "standing_of_scores", permission="scoring.view_standing", but=["sums"]
)


@CONTACT_PAGE.filter
class GradeFilter(Choice):
    """One grade, or all of a letter."""

    title = _("grade")
    parameter_name = "grade"
    permission = "scoring.view_standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        letters = [(f"{letter}_", f"{letter}1 – {letter}4") for letter in "ABCD"]
        return [*letters, *((grade, grade) for grade in GRADES)]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        grades = [g for g in GRADES if g == value or g[0] + "_" == value]
        return contacts.filter(standing_of_scores__grade__in=grades)


SCORES = {"60": (60, None), "40": (40, 60), "20": (20, 40), "0": (None, 20)}


@CONTACT_PAGE.filter
class ScoreFilter(Choice):
    """How many points in all."""

    title = _("score")
    parameter_name = "score"
    permission = "scoring.view_standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("60", _("60 and more")),
            ("40", _("40 to 59")),
            ("20", _("20 to 39")),
            ("0", _("below 20")),
        ]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        least, below = SCORES[value]
        if least is not None:
            contacts = contacts.filter(standing_of_scores__score__gte=least)
        if below is not None:
            contacts = contacts.filter(standing_of_scores__score__lt=below)
        return contacts


@CONTACT_PAGE.column(
    order=30,
    title=_("score"),
    template="admin/scoring/score_cell.html",
    permission="scoring.view_standing",
)
def scores_in_a_list(contacts: Sequence[Contact]) -> dict[int, Standing]:
    """Read along with the contacts."""
    found = {}
    for contact in contacts:
        standing = getattr(contact, "standing_of_scores", None)
        if standing is not None and standing.grade:
            found[contact.pk] = standing
    return found


def why_of(contact: Contact, request: HttpRequest) -> Why | None:
    """Nothing is asked of somebody who has no grade."""
    standing = getattr(contact, "standing_of_scores", None)
    if standing is None or not standing.grade:
        return None
    told = {"at": timezone.now(), "user": request.user, "standing": standing}
    return shared(contact, "why", lambda: why(contact.pk, **told))


@CONTACT_PAGE.panel(
    FACT,
    order=50,
    title=_("score"),
    template="admin/scoring/score_fact.html",
    permission="scoring.view_standing",
)
def score_of(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    found = why_of(contact, request)
    if found is None or found.standing is None:
        return None
    grade = found.standing.grade
    return {"score": found.score, "grade": grade, "tone": tone_of(grade)}


@CONTACT_PAGE.panel(
    SIDE,
    order=5,
    title=_("Why this score"),
    template="admin/scoring/why.html",
    permission="scoring.view_standing",
)
def why_this_score(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    found = why_of(contact, request)
    if found is None or found.standing is None:
        return None
    return {"why": found, "tone": tone_of(found.standing.grade)}
