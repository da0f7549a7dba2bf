"""What the pulls leave to a person: removals, failures, drift."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from apps.backoffice.pulse import Mood
from apps.backoffice.troubles.seen import Seen
from apps.backoffice.troubles.trouble import Door, Trouble
from apps.common.jobs import Job
from apps.sync.models import Pull
from apps.sync.pull import PullCancelled

DRIFT = 0.001  # share of the audited contacts that may differ


def of_pulls(seen: Seen) -> Iterator[Trouble]:
    newest: dict[str, Pull] = {}
    for pull in seen.pulls:
        if pull.status in (Job.Status.DONE, Job.Status.FAILED):
            newest.setdefault(pull.scope, pull)
    for pull in held_back(seen)[:1]:
        yield of_removals(pull)
    for pull in newest.values():
        if is_left_undone(pull, seen):
            yield of_a_failed_pull(pull)
        yield from of_drift(pull)


def held_back(seen: Seen) -> list[Pull]:
    """Pulls whose removals nobody has decided, and no later one has read again."""
    return [
        pull
        for number, pull in enumerate(seen.pulls)
        if pull.held  # type: ignore[attr-defined]
        and pull.status in (Job.Status.DONE, Job.Status.FAILED)
        and not any(later.covers(pull) for later in seen.pulls[:number])
    ]


def of_removals(pull: Pull) -> Trouble:
    many = pull.held  # type: ignore[attr-defined]
    return Trouble(
        name="removals",
        mood=Mood.LATE,
        title=ngettext(
            "%(many)s removal waits for you to confirm it",
            "%(many)s removals wait for you to confirm them",
            many,
        )
        % {"many": f"{many:,}"},
        meaning=gettext(
            "WeCom no longer lists so many at once that it may be a mistake: often the "
            "visible range of the app has shrunk. Nothing has been removed here yet."
        ),
        to_do=gettext(
            "Check the visible range in WeCom's admin console first. If they are gone "
            "indeed, confirm it on the page of the pull."
        ),
        since=pull.done_at or pull.created_at,
        doors=(door_to(pull),),
    )


def is_left_undone(pull: Pull, seen: Seen) -> bool:
    """It failed, nobody stopped it, and no other has read what it did not."""
    if pull.status != Job.Status.FAILED or pull.last_error == str(PullCancelled()):
        return False
    later = [other for other in seen.pulls if other.pk > pull.pk]
    return not any(
        other.scope == Pull.Scope.WHOLE and other.status != Job.Status.FAILED
        for other in later
    )


def of_a_failed_pull(pull: Pull) -> Trouble:
    why = pull.last_error
    if pull.bugs:
        why = gettext("The program made a mistake.")
    return Trouble(
        name=f"pull-{pull.scope}",
        title=gettext("A pull from WeCom has failed"),
        meaning=gettext("%(why)s What it had read until then has been kept.")
        % {"why": why},
        to_do=gettext("Open it and try again: it goes on where it stopped."),
        since=pull.created_at,
        doors=(door_to(pull),),
        code=pull.last_error if pull.bugs else "",
    )


def of_drift(pull: Pull) -> Iterator[Trouble]:
    found = pull.counts.get("audit") or {}
    drift = found.get("drift") or 0
    if drift > DRIFT:
        yield Trouble(
            name="drift",
            mood=Mood.LATE,
            title=gettext("Our records differ from WeCom's"),
            meaning=gettext(
                "In the daily sample %(share)s of the contacts differed, more than the "
                "0.1%% that is usual. Those of the sample have been put right."
            )
            % {"share": f"{drift:.1%}"},
            to_do=gettext(
                "Synchronise once, so that all are compared. If it happens again the "
                "next day, tell the developers."
            ),
            since=pull.done_at,
            doors=(door_to(pull),),
        )


def door_to(pull: Pull) -> Door:
    address = reverse("admin:sync_pull_change", args=[pull.pk])
    return Door(title=gettext("Open the pull"), address=address, primary=True)
