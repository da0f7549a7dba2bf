"""Why a job has not been done: what happened, why, and what to do, in words for people.

A refusal is a sentence already. A bug is told in plain words, with its technical line
to quote. What an app knows better, such as the error codes of somebody else's API, it
adds to EXPLAINED_BY. Failed jobs with the same reason are one group.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Case, F, Func, QuerySet, TextField, Value, When
from django.db.models.functions import MD5, Left
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import MAX_ATTEMPTS, Job, WorkerDied


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Complete sentences; `code` is for developers, to be quoted as it is."""

    title: str
    why: str
    to_do: str
    code: str = ""


# What an app knows of its own jobs; the first answer that is not None counts.
EXPLAINED_BY: list[Callable[[Job], Explanation | None]] = []

# A mistake of ours, as it is written down: TypeError: … (function, line 12)
TECHNICAL = re.compile(r"[A-Za-z_]\w*(:|$| \()")

BUGS = {
    "TookTooLong": _("It took longer than one job may take, and was stopped."),
    "OperationalError": _("The database did not answer, or broke off meanwhile."),
    "InterfaceError": _("The database did not answer, or broke off meanwhile."),
    "IntegrityError": _("What was to be written contradicts what is there already."),
    "DataError": _("A value is too long, or not of the form that can be stored."),
}
OF_THE_DATABASE = ("OperationalError", "InterfaceError")


def explained(job: Job) -> Explanation | None:
    """None where there is nothing to explain: it is done, or nothing has gone wrong."""
    if job.status in (Job.Status.DONE, Job.Status.IGNORED, Job.Status.CALLING):
        return None
    if job.status == Job.Status.UNKNOWN:
        return of_unknown_outcome(job)
    if not job.last_error:
        return None
    for explain in EXPLAINED_BY:
        if found := explain(job):
            return found
    if is_a_bug(job):
        return of_a_bug(job)
    if job.status == Job.Status.WAITING:
        return Explanation(
            title=gettext("Not done yet"),
            why=job.last_error,
            to_do=gettext("Nothing: it is tried again by itself."),
        )
    if job.last_error == str(WorkerDied()):
        return of_a_death(job)
    if job.attempts >= MAX_ATTEMPTS:
        return of_too_many_attempts(job)
    return Explanation(
        title=gettext("It was refused"),
        why=job.last_error,
        to_do=gettext(
            "Put right what is said above, then try again. If it is of no use any "
            "more, it may stay: it disturbs nothing else."
        ),
    )


def is_a_bug(job: Job) -> bool:
    return bool(job.bugs and TECHNICAL.match(job.last_error))


def of_a_bug(job: Job) -> Explanation:
    kind = re.split(r"[^\w]", job.last_error, maxsplit=1)[0]
    times = ngettext(
        "It was tried %(times)d time.", "It was tried %(times)d times.", job.bugs
    ) % {"times": job.bugs}
    reason = str(BUGS.get(kind) or _("The program met what it was not made for."))
    if job.status == Job.Status.WAITING:
        to_do = gettext("Nothing yet: it is tried again by itself.")
    elif kind in OF_THE_DATABASE:
        to_do = gettext("Try again once the database runs as usual.")
    else:
        to_do = gettext(
            "Send the technical line below to the developers. Nothing is lost: once it "
            "is mended, try again. Other jobs go on meanwhile."
        )
    return Explanation(
        title=gettext("The program made a mistake"),
        why=f"{reason}{times}",
        to_do=to_do,
        code=job.last_error,
    )


def of_a_death(job: Job) -> Explanation:
    return Explanation(
        title=gettext("The background process broke off"),
        why=gettext(
            "Each time this job was worked on, the process ended in the middle of it. "
            "It was set aside so that the others can go on."
        ),
        to_do=gettext(
            "Ask those who run the server whether memory ran out or the process was "
            "stopped; then try again."
        ),
    )


def of_too_many_attempts(job: Job) -> Explanation:
    return Explanation(
        title=gettext("Tried many times in vain"),
        why=gettext(
            "It was tried %(times)d times in about ten hours, and is not tried again "
            "by itself. The last time: “%(reason)s”"
        )
        % {"reason": job.last_error, "times": MAX_ATTEMPTS},
        to_do=gettext("Put right what is said above, then try again."),
    )


def of_unknown_outcome(job: Job) -> Explanation:
    return Explanation(
        title=gettext("Outcome unknown"),
        why=job.last_error
        or gettext("It broke off in the middle: nobody knows whether it was done."),
        to_do=gettext(
            "It is not repeated by itself, so that nothing happens twice. Look there "
            "whether it has been done."
        ),
    )


# --- groups ---------------------------------------------------------------------------

# What failed for the same reason: a refusal in the same words, a bug of the same kind
# in the same place, whatever the values were.
ALIKE = r"^(\w+).*?( \([^()]*, line \d+\))?$"
REASON = Case(
    When(
        bugs__gt=0,
        then=Func(
            F("last_error"),
            Value(ALIKE),
            Value(r"\1\2"),
            function="regexp_replace",
            output_field=TextField(),
        ),
    ),
    default=F("last_error"),
)
KEY = Left(MD5(REASON), 12)  # a reason in an address
A_KEY = re.compile("[0-9a-f]{12}")


def failed_alike(failed: QuerySet, key: str) -> QuerySet:
    """Of these failed jobs, those that have the reason with this key."""
    if not A_KEY.fullmatch(key):
        return failed.none()
    return failed.alias(reason_key=KEY).filter(reason_key=key)
