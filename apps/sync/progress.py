"""How far a pull has come and what it has changed, as a person watches it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from apps.common.jobs import Job
from apps.common.wording import span
from apps.sync.in_words import STEPS, step_in_words
from apps.sync.models import Pull
from apps.sync.steps import steps_of


def is_under_way(pull: Pull) -> bool:
    return pull.status in Job.UNFINISHED


def progress_of(pull: Pull, *, at: datetime) -> dict[str, Any]:
    """What the progress bar asks for every second."""
    running = is_under_way(pull)
    failed = pull.status == Job.Status.FAILED
    if running and pull.cancel_asked:
        text = gettext("Stopping")
    elif running and pull.doing:
        text = gettext("Reading %(step)s") % {"step": step_in_words(pull.doing)}
    elif running and another_reads(pull):
        text = gettext("Waiting until another pull has finished")
    elif running:
        text = gettext("Waiting for a worker")
    else:
        text = pull.last_error if failed else gettext("Finished")
    passed = (pull.done_at or at) - pull.created_at
    words = {"calls": f"{pull.calls:,}", "span": span(passed)}
    return {
        "running": running,
        "failed": failed,
        "percent": pull.percent if running or failed else 100,
        "text": text,
        "more": gettext("%(calls)s calls to WeCom, %(span)s") % words,
    }


def another_reads(pull: Pull) -> bool:
    return Pull.objects.unfinished().exclude(pk=pull.pk).exclude(doing="").exists()


def may_be_mended(pull: Pull) -> bool:
    """A check that found something, and that nobody has asked to mend since."""
    if not pull.looks_only or pull.status != Job.Status.DONE:
        return False
    later = Pull.objects.filter(pk__gt=pull.pk, scope=pull.scope, looks_only=False)
    return pull.differences.exists() and not later.exists()


def lines_of(pull: Pull) -> list[dict[str, Any]]:
    """A line for each step: its counts; whether it is over, under way or to come."""
    ended = not is_under_way(pull)
    names = [step.NAME for step in steps_of(pull)]
    doing = names.index(pull.doing) if pull.doing in names else -1
    lines = []
    for number, name in enumerate(names):
        counts = pull.counts.get(name, {})
        stage = "to come"
        if number == doing and not ended:
            stage = "under way"
        elif counts and (ended or number < doing):
            stage = "over"
        lines.append({"title": STEPS[name], "stage": stage, **counts})
    return lines


def changes_of(pull: Pull) -> dict[str, int]:
    """New, different and gone, over all steps."""
    names = [step.NAME for step in steps_of(pull)]
    counted = [pull.counts[name] for name in names if name in pull.counts]
    return {
        kind: sum(counts.get(kind, 0) for counts in counted)
        for kind in ("new", "different", "gone")
    }
