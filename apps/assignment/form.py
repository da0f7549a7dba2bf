"""What the form of a rule sends, as a rule; and what the form is told."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR

from apps.assignment.keep import drawn
from apps.assignment.models import AssignmentRule, Pool
from apps.channels.form import draft_in, form_data
from apps.common.filters import whole_number
from apps.common.problems import Problem, by_field
from apps.segments.words import names_for, words_for
from apps.staff.models import User

Strategy = AssignmentRule.Strategy


def asked_for(told: Any, *, name: str) -> dict[str, Any]:
    """The parts of what the form sends as JSON."""
    if not isinstance(told, dict):
        told = {}
    pool = whole_number(str(told.get("pool") or ""))
    return {
        "name": name,
        "rule": told.get("rule"),
        "plan": told.get("plan") if isinstance(told.get("plan"), dict) else {},
        "strategy": str(told.get("strategy") or ""),
        "keeps": told.get("keeps") is True,
        "by_skill": told.get("by_skill") is True,
        "pool": Pool.objects.filter(pk=pool).first() if pool else None,
    }


def asked_in(request: HttpRequest) -> dict[str, Any]:
    name = request.POST.get("name", "")[:200]
    return asked_for(draft_in(request.POST.get("told", "")), name=name)


def rule_drawn(body: bytes, *, by: User, kept: AssignmentRule | None) -> AssignmentRule:
    asked = asked_for(draft_in(body), name=kept.name if kept else "")
    return drawn(by=by, kept=kept, **asked)


def described(rule: AssignmentRule | None) -> dict[str, Any]:
    """What the form begins with."""
    shown = rule or AssignmentRule(plan={"always": True})
    return {
        "name": shown.name,
        "rule": shown.rule,
        "plan": shown.plan,
        "strategy": shown.strategy,
        "keeps": shown.keeps,
        "by_skill": shown.by_skill,
        "pool": shown.pool,
    }


def context_of(
    told: dict[str, Any],
    *,
    kept: AssignmentRule | None,
    user: User,
    problems: list[Problem],
) -> dict[str, Any]:
    rule = told["rule"]
    number = f"?rule={kept.pk}" if kept else ""
    return {
        "told": told,
        "strategies": Strategy.choices,
        "pools": Pool.objects.order_by("-is_general", "name"),
        "weekdays": [(n + 1, words) for n, words in WEEKDAYS_ABBR.items()],
        "channel": form_data(told["plan"])
        | {
            "check": reverse("admin:assignment_assignmentrule_check") + number,
            "channel": None,
            "problems": by_field(problems),
        },
        "builder": {
            "words": words_for(user),
            "rule": rule,
            "names": names_for(rule, user=user) if rule else {},
            "preview": reverse("admin:segments_segment_preview"),
            "why": reverse("admin:segments_segment_why"),
        },
        "rule_data": {
            "simulate": reverse("admin:assignment_assignmentrule_simulate") + number,
            "strategy": told["strategy"],
            "keeps": told["keeps"],
            "by_skill": told["by_skill"],
            "pool": str(told["pool"].pk) if told["pool"] else "",
        },
    }
