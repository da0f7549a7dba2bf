"""The hits of a rule as its page shows them: whom, why, and what became of it."""

from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext

from apps.autotags.models import Hit, TagRule
from apps.autotags.put_on import GIVEN_UP
from apps.common.filters import whole_number
from apps.common.jobs import Job
from apps.events.telling import tell
from apps.staff.models import User

HITS = 30  # on a page
LOST = (Job.Status.FAILED,)
COLOURS = {
    Hit.State.ASKED: "info",
    Hit.State.PUT: "success",
    Hit.State.SAME: "default",
    Hit.State.FAILED: "danger",
}


def page_of_hits(rule: TagRule, *, user: User, before: str) -> dict[str, Any]:
    """Newest first; only of those whom the visitor may see."""
    seen = Hit.objects.filter(rule=rule).visible_to(user)
    last = whole_number(before)
    rows = seen.filter(pk__lt=last) if last else seen
    rows = rows.select_related("contact", "tag", "event", "command").order_by("-pk")
    hits = list(rows[: HITS + 1])
    told = tell(hit.event for hit in hits if hit.event)
    shown = [
        {
            "hit": hit,
            "cause": told.get(hit.event_id, ""),
            "colour": COLOURS[hit.state],
            "state": words_of(hit),
            "why": why_not(hit),
        }
        for hit in hits[:HITS]
    ]
    outcomes = seen.aggregate(
        people=Count("contact", distinct=True),
        put=Count("pk", filter=Q(state=Hit.State.PUT, taken_back=None)),
        failed=Count(
            "pk", filter=Q(taken_back=None) & (Q(state=Hit.State.FAILED) | GIVEN_UP)
        ),
    )
    return {
        "hits": shown,
        "older": hits[HITS - 1].pk if len(hits) > HITS else None,
        "outcomes": outcomes,
    }


def words_of(hit: Hit) -> str:
    if hit.taken_back_id:
        return gettext("taken back")
    return str(hit.get_state_display())


def why_not(hit: Hit) -> str:
    command = hit.command
    if hit.state == Hit.State.ASKED and command and command.status in LOST:
        return command.last_error[:300]
    return hit.why
