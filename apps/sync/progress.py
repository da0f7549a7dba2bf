"""How far a pull has come and what it has changed, as a person watches it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from apps.common.dead_letters import Explanation
from apps.common.jobs import Job
from apps.common.progress import progress_in_words
from apps.events.models import EventRecord
from apps.sync.in_words import STEPS, step_in_words
from apps.sync.models import Pull
from apps.sync.pull import PullCancelled
from apps.sync.steps import steps_of


def was_stopped(pull: Pull) -> bool:
    """A person stopped it: that is no failure."""
    return pull.status == Job.Status.FAILED and pull.last_error == str(PullCancelled())


def of_a_stopped_pull(pull: Pull) -> Explanation | None:
    if not was_stopped(pull):
        return None
    return Explanation(
        title=gettext("Stopped by hand"),
        why=gettext("Somebody stopped this pull. What it had read has been kept."),
        to_do=gettext(
            "Nothing, if that was the purpose. If the rest is to be read after all, "
            "try it again: it goes on where it stopped."
        ),
    )


def without_differences(pull: Pull) -> str:
    """What an empty report means: only a pull that has ended can say "none"."""
    if pull.source == EventRecord.Source.FIRST_PULL:
        return gettext("The first pull has nothing to compare with.")
    if is_under_way(pull):
        return gettext("None until now; it has not read everything yet.")
    if pull.status == Job.Status.FAILED:
        return gettext("None in what it has read; it did not come to the end.")
    if pull.held_back:
        return gettext("None but for the removals that wait for you to confirm them.")
    return gettext("None: our records were the same as WeCom's.")


def is_under_way(pull: Pull) -> bool:
    return pull.status in Job.UNFINISHED


def progress_of(pull: Pull, *, at: datetime) -> dict[str, Any]:
    running = is_under_way(pull) and not pull.cancel_asked
    calls = gettext("%(calls)s calls to WeCom") % {"calls": f"{pull.calls:,}"}
    doing = doing_now(pull) if running else ""
    return progress_in_words(pull, doing=doing, far=calls, at=at)


def doing_now(pull: Pull) -> str:
    if pull.doing:
        return gettext("Reading %(step)s") % {"step": step_in_words(pull.doing)}
    if another_reads(pull):
        return gettext("Waiting until another pull has finished")
    return gettext("Waiting for a worker")


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
