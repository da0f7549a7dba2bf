"""What the pages of welcomes say: which rule chose, and why nobody was greeted."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.wecom.errors import described
from apps.welcomes.choose import Choice, Step, Verdict
from apps.welcomes.models import Greeting

TONES = {
    Greeting.Outcome.SENT: "badge-success",
    Greeting.Outcome.WAITING: "badge-info",
    Greeting.Outcome.UNKNOWN: "badge-warning",
    Greeting.Outcome.MISSED: "badge-danger",
}
RULES = {
    Greeting.By.DOOR: _("the welcome of the channel code"),
    Greeting.By.EMPLOYEE: _("the welcome of the employee"),
    Greeting.By.DEPARTMENT: _("the welcome of the nearest department"),
    Greeting.By.DEFAULT: _("the welcome for everybody else"),
}
VERDICTS = {
    Verdict.CHOSEN: _("is sent"),
    Verdict.NOTHING: _("there is none"),
    Verdict.OFF: _("is switched off, so the next rule is asked"),
    Verdict.NOBODY: _("says that nobody is greeted"),
    Verdict.UNASKED: _("is not asked any more"),
}
ADVICE = {
    Greeting.Reason.NO_CODE: _(
        "WeCom gives no code when the employee has a welcome in WeCom's own console, "
        "when the chat has begun already, or when the friend is of another company."
    ),
    Greeting.Reason.NO_WELCOME: _(
        "Write a welcome for everybody else, and nobody is forgotten."
    ),
    Greeting.Reason.LATE: _(
        "WeCom told us too late, or could not be asked in time. A welcome cannot be "
        "sent afterwards: please greet them by hand."
    ),
    Greeting.Reason.TAKEN: _("Nothing needs to be done."),
    Greeting.Reason.NOT_READY: _("Look at the files of the welcome."),
    Greeting.Reason.LOST: _(
        "WeCom may have sent it. Look into the chat, and greet them by hand if not."
    ),
}


def why_of(greeting: Greeting) -> str:
    """The reason with what to do, and WeCom's own when it gave one."""
    if greeting.reason not in Greeting.Reason.values or not greeting.reason:
        return str(greeting.reason)
    reason = Greeting.Reason(greeting.reason)
    if greeting.errcode:
        return described(greeting.errcode)
    advice = ADVICE.get(reason)
    return f"{reason.label}。{advice}" if advice else f"{reason.label}。"


def steps_of(choice: Choice) -> list[dict[str, Any]]:
    return [line_of(step) for step in choice.steps]


def line_of(step: Step) -> dict[str, Any]:
    return {
        "rule": RULES[step.by],
        "about": step.about,
        "welcome": step.welcome,
        "verdict": VERDICTS[step.verdict],
        "is_chosen": step.verdict in (Verdict.CHOSEN, Verdict.NOBODY),
    }


def part_of(choice: Choice) -> str:
    if choice.part is None:
        return gettext("its ordinary text")
    return choice.part.title


def told_of(greeting: Greeting) -> dict[str, Any]:
    took = greeting.took
    return {
        "greeting": greeting,
        "tone": TONES[Greeting.Outcome(greeting.outcome)],
        "why": why_of(greeting),
        "rule": RULES.get(Greeting.By(greeting.by), ""),
        "took": None if took is None else f"{took.total_seconds():.1f}",
    }
