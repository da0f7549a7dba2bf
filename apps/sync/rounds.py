"""The rounds: when WeCom is read again, and how much of it.

Every night all is read, or the part whose turn it is. Every hour the lists are swept:
of everybody in a company of up to a thousand, else of those who had traffic. Every day
a sample says how far we have drifted. And when we were not there to hear, or nothing
came for so long that callbacks must have stopped, everybody's list is swept at once.

A round that finds another pull under way waits its turn. Before everything has been
read once there is nothing to compare with, and no round but that first one.
"""

from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.common.absence import deal_with
from apps.common.models import Absence
from apps.contacts.models import Follow
from apps.staff.models import Employee
from apps.sync.models import Pull
from apps.sync.parts import parts
from apps.sync.pull import has_pulled, start_pull
from apps.sync.silence import REMEMBERED, silence_of
from apps.sync.words import account
from apps.wecom.models import Callback

Scope = Pull.Scope

SMALL = 1_000  # employees; all their lists are swept every hour
MOST = 15_000  # lists of one sweep: a tenth of what WeCom allows in an hour
HOUR = timedelta(hours=1)
A_LITTLE_LATER = timedelta(minutes=1)  # so that a sweep goes before what follows it
OFFICE_DAYS = range(6)  # Monday to Saturday
OFFICE_HOURS = time(9), time(19)


def read_again(*, at: datetime, **how: Any) -> Pull:
    """The nightly round."""
    several = has_pulled() and parts() > 1
    scope = Scope.PART if several else Scope.WHOLE
    return start_pull(by=None, at=at, scope=scope, **how)


def sweep_lists(*, at: datetime) -> Pull | None:
    """The hourly round."""
    if not has_pulled():
        return None
    accounts: set[str] = set()
    if Employee.objects.working().filter(serves=True).count() > SMALL:
        accounts = with_traffic(since=at - HOUR)
        if not accounts:
            return None
    chosen = sorted(accounts)[:MOST]
    return start_pull(by=None, at=at, scope=Scope.SWEEP, accounts=chosen)


def with_traffic(*, since: datetime) -> set[str]:
    """Employees of whom a callback told, or whose friendships began or ended."""
    heard = Callback.objects.filter(received_at__gte=since)
    named = {
        account(who)
        for who in heard.values_list("message__UserID", flat=True).distinct()
    }
    begun = Follow.objects.filter(started_at__gte=since)
    ended = Follow.objects.filter(ended_at__gte=since)
    for follows in (begun, ended):
        named |= set(follows.values_list("employee__wecom_id", flat=True))
    return named - {""}


def audit(*, at: datetime) -> Pull | None:
    """The daily sample."""
    return start_pull(by=None, at=at, scope=Scope.AUDIT) if has_pulled() else None


@transaction.atomic
def make_up(*, at: datetime) -> Pull | None:
    """What was said while we could not hear is looked for: at once in the lists, and
    then everywhere, since tags, remarks and phones leave a list as it was."""
    if not has_pulled():
        return None
    absences = list(Absence.objects.undealt().select_for_update())
    if absences:
        sweep = start_pull(by=None, at=at, scope=Scope.SWEEP, afresh=True)
        read_again(at=at, due_at=at + A_LITTLE_LATER, afresh=True)
        deal_with(absences, at=at)
        return sweep
    if callbacks_have_stopped(at=at) and not swept_since(at - HOUR):
        return start_pull(by=None, at=at, scope=Scope.SWEEP)
    return None


def callbacks_have_stopped(*, at: datetime) -> bool:
    """In office hours; at night silence says nothing."""
    received = Callback.objects.order_by("-received_at")
    last = received.values_list("received_at", flat=True)[:REMEMBERED]
    silence = silence_of(list(last), at=at) if is_office_time(at) else None
    return silence is not None and silence.has_stopped


def is_office_time(at: datetime) -> bool:
    here = timezone.localtime(at)
    opens, closes = OFFICE_HOURS
    return here.weekday() in OFFICE_DAYS and opens <= here.time() < closes


def swept_since(moment: datetime) -> bool:
    """Have everybody's lists been swept, or will they be?"""
    sweeps = Pull.objects.filter(scope=Scope.SWEEP, looks_only=False, accounts=[])
    return sweeps.filter(created_at__gt=moment).exists()
