"""Seeing a phone, an e-mail or a union id whole: who may, how often, and for what.

A right of the role, the contact within one's scope, a reason in one's own words, and
the password once more if it was not shown lately (staff/step_up.py). Each time counts
against the day's quota, and stands in the audit before anything is shown.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from apps.audit.note import Note, note_all
from apps.common.allowance import spend, used
from apps.common.clock import day_began
from apps.common.errors import MayNot, Refused
from apps.common.sealing import CannotUnseal
from apps.contacts.masked import is_masked, whole_of
from apps.contacts.models import Contact, Identity
from apps.staff.models import User
from apps.staff.scope import unmaskings_a_day

RIGHT = "contacts.unmask_contact"
SHORTEST, LONGEST = 4, 200  # characters of a reason


class MayNotUnmask(MayNot):
    """Your role does not let you see this whole."""

    code = "may_not_unmask"


class NoReason(Refused):
    """Say in a few words what you need it for."""

    code = "no_reason"


class Unreadable(Refused):
    """It was sealed with a key that is no longer among our settings."""

    code = "unreadable"


class QuotaSpent(MayNot):
    """You have seen as many whole today as your role allows. Tomorrow is another day,
    or an administrator can raise the number."""

    code = "quota_spent"


def may_see_whole(user: User) -> bool:
    """May they see phones, e-mails and union ids whole at all, saying why?"""
    return user.has_perm(RIGHT) and unmaskings_a_day(user) > 0


def left_today(user: User, *, at: datetime) -> int:
    """How often they may still do so today."""
    spent = used(counter_of(user), since=day_began(at))
    return max(0, unmaskings_a_day(user) - spent)


@transaction.atomic
def unmask(
    identities: Iterable[Identity], *, by: User, reason: str, at: datetime
) -> dict[int, str]:
    """What they are, whole, by number. One look, however many ids it is at."""
    identities = [each for each in identities if is_masked(each.kind)]
    reason = " ".join(reason.split())[:LONGEST]
    if not may_see_whole(by):
        raise MayNotUnmask
    theirs = {each.contact_id for each in identities}
    seen = Contact.objects.visible_to(by).filter(pk__in=theirs)
    if seen.count() < len(theirs):
        raise MayNotUnmask
    if len(reason) < SHORTEST:
        raise NoReason
    quota = unmaskings_a_day(by)
    if spend(counter_of(by), limit=quota, at=at, since=day_began(at)).is_spent:
        raise QuotaSpent
    note_all(
        [
            Note(
                deed="unmasked",
                kind=Contact._meta.label_lower,
                number=each.contact_id,
                contact_id=each.contact_id,
                after={"shown": str(each.get_kind_display()), "numbers": [each.pk]},
                reason=reason,
            )
            for each in identities
        ],
        by=by,
        at=at,
    )
    try:
        return {each.pk: whole_of(each) for each in identities}
    except CannotUnseal as gone:
        raise Unreadable from gone


def counter_of(user: User) -> str:
    return f"unmask:{user.pk}"
