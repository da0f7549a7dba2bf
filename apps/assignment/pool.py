"""Contacts wait in a pool: they are claimed, given back, protected.

Whoever claims takes the turn of all who claim or deal, and locks the contact: of two at
once one gets them, and the other is told who was faster. No cap is passed that way.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from apps.assignment.assign import TURN, general_pool
from apps.assignment.give import Told, give_all
from apps.assignment.models import Assignment, Notice, Pool, Protection
from apps.audit.note import note
from apps.common.clock import day_began
from apps.common.errors import MayNot, Refused
from apps.common.turns import take_turns
from apps.contacts.models import Contact
from apps.staff.models import Employee, User

How = Assignment.How
LONGEST = 200  # characters of a reason


class NotAMember(MayNot):
    """You are no member of this pool."""

    code = "not_a_member_of_the_pool"


class NobodysAccount(Refused):
    """Only employees can claim: this sign-in belongs to none."""

    code = "claims_as_nobody"


class NotInThisPool(Refused):
    """They are no longer in this pool."""

    code = "not_in_this_pool"


class ClaimedAlready(Refused):
    """A colleague was faster."""

    code = "claimed_already"


class ClaimsOfTheDay(Refused):
    """You have claimed as many as one may in a day."""

    code = "claims_of_the_day"


class HandIsFull(Refused):
    """You look after as many as one may; give some back first."""

    code = "hand_is_full"


class CoolsDown(Refused):
    """You had them until lately, and cannot claim them back yet."""

    code = "cools_down"


class NotYours(MayNot):
    """You do not look after this contact."""

    code = "not_your_contact"


class NoReasonGiven(Refused):
    """Say why."""

    code = "returned_without_a_reason"


class TooManyProtected(Refused):
    """You protect as many as one may; let one go first."""

    code = "too_many_protected"


def claimer(user: User) -> Employee:
    if not user.has_perm("assignment.claim_pool"):
        raise NotAMember
    if user.employee is None or user.employee.has_left:
        raise NobodysAccount
    return user.employee


@transaction.atomic
def claim(*, contact: Contact, pool: Pool, by: User, at: datetime) -> None:
    me = claimer(by)
    if not Pool.objects.visible_to(by).filter(pk=pool.pk).exists():
        raise NotAMember
    take_turns(TURN)
    stands = (
        Assignment.objects.open().select_related("employee").filter(contact=contact)
    )
    now = stands.first()
    if now is None or now.pool_id != pool.pk:
        if now is not None and now.employee is not None:
            raise ClaimedAlready(detail=str(now.employee))
        raise NotInThisPool
    refuse_over_caps(me, pool, at=at)
    last = last_before(contact)
    cooled = now.since + timedelta(days=pool.cool_down_days)
    if last is not None and last.employee_id == me.pk and at < cooled:
        raise CoolsDown(detail=f"{timezone.localtime(cooled):%Y-%m-%d %H:%M}")
    why = gettext("from “%(pool)s”") % {"pool": pool.name}
    told = {contact.pk: Told(employee_id=me.pk, why=why)}
    if not give_all(told, how=How.CLAIM, at=at, by=by):
        raise NotInThisPool


def refuse_over_caps(me: Employee, pool: Pool, *, at: datetime) -> None:
    mine = Assignment.objects.filter(employee=me)
    if pool.claims_a_day is not None:
        day = day_began(at)
        today = mine.filter(how=How.CLAIM, since__gte=day).count()
        if today >= pool.claims_a_day:
            raise ClaimsOfTheDay(detail=str(pool.claims_a_day))
    if pool.most_in_hand is not None and mine.open().count() >= pool.most_in_hand:
        raise HandIsFull(detail=str(pool.most_in_hand))


def last_before(contact: Contact) -> Assignment | None:
    """Who looked after them last."""
    had = Assignment.objects.filter(contact=contact, employee__isnull=False)
    return had.select_related("employee").order_by("-since", "-pk").first()


@transaction.atomic
def give_back(*, contact: Contact, why: str, by: User, at: datetime) -> Pool:
    """The owner can do nothing for them: into the pool that takes the owner's."""
    refuse_others(contact, by)
    reason = " ".join(why.replace("\x00", "").split())[:LONGEST]
    if not reason:
        raise NoReasonGiven
    pool = pool_of(by)
    told = {contact.pk: Told(pool_id=pool.pk, why=reason)}
    give_all(told, how=How.RETURN, at=at, by=by)
    Protection.objects.filter(contact=contact).delete()
    Notice.objects.filter(contact=contact).delete()
    return pool


def pool_of(user: User) -> Pool:
    """The one of whose members somebody is by name or department, or the general."""
    named = Pool.objects.visible_to(user).exclude(people=[], departments=[])
    if user.sees_everybody or user.employee_id is None:
        return general_pool()
    return named.order_by("is_general", "pk").first() or general_pool()


@transaction.atomic
def protect(*, contact: Contact, on: bool, by: User, at: datetime) -> None:
    """So long nobody takes them back; or no longer."""
    refuse_others(contact, by)
    me = claimer(by)
    take_turns(f"protections:{me.pk}")
    mine = Protection.objects.filter(employee=me, until__gt=at)
    others = mine.exclude(contact=contact)
    pool = pool_of(by)
    if on and others.count() >= pool.most_protected:
        raise TooManyProtected(detail=str(pool.most_protected))
    until = at + timedelta(days=pool.protection_days)
    Protection.objects.filter(contact=contact).delete()
    if on:
        Protection.objects.create(
            contact=contact, employee=me, until=until, by=by, at=at
        )
        Notice.objects.filter(contact=contact).delete()
    values = {"after": {"protected": f"{until:%Y-%m-%d}" if on else ""}}
    note(
        deed="changed",
        by=by,
        at=at,
        kind="contacts.contact",
        number=contact.pk,
        contact_id=contact.pk,
        **values,
    )


def refuse_others(contact: Contact, by: User) -> None:
    owner = Contact.objects.values_list("owner", flat=True).get(pk=contact.pk)
    if by.employee_id is None or owner != by.employee_id:
        raise NotYours
