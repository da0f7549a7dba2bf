"""Named filters; visible_to(user) is whom an account manager may see."""

import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.lookups import Overlap
from django.db import models
from django.db.models import Exists, OuterRef, Q

from apps.common.sealing import digest, digests
from apps.common.spelling import spelled_like

if TYPE_CHECKING:
    from apps.staff.models import User


NOBODY = Q(pk__in=[])
PHONE, TAIL = "phone", "phone tail"  # what digests are made for


def whom(user: "User", by: str = "") -> Q:
    """The condition under which a row tells of somebody whom the user may see.

    `by` is the way from the row to the contact, such as "identity__contact". A contact
    is seen by whoever their owner, or somebody connected with them, is in reach of.
    """
    if not user.has_perm("contacts.view_contact"):
        return NOBODY
    if user.reach is None:
        return Q()
    if not user.reach:
        return NOBODY
    way = f"{by}__" if by else ""
    within = sorted(user.reach)
    touches = "overlap_each" if user.reach.are_many else "overlap"
    return Q(**{f"{way}owner__in": within}) | Q(
        **{f"{way}served_by__{touches}": within}
    )


@ArrayField.register_lookup
class OverlapEach(Overlap):
    """Overlap, looked at row by row. The index would gather a good part of all rows
    before the first is seen; PostgreSQL believes that to be cheap."""

    lookup_name = "overlap_each"

    def process_lhs(self, *args: Any, **how: Any) -> tuple[str, Any]:
        sql, values = super().process_lhs(*args, **how)
        return f"({sql} || '{{}}')", values

    def process_rhs(self, *args: Any) -> tuple[str, Any]:
        sql, values = super().process_rhs(*args)
        return f"{sql}::bigint[]", values


class ContactQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "ContactQuerySet":
        """Those whom the user may see, by the scope of their role (staff/scope.py)."""
        return self.current().filter(whom(user))

    def called(self, term: str) -> "ContactQuerySet":
        """By name or remark, their pinyin or initials, an id, or a phone.

        A phone is found by the whole or by exactly its last four digits.
        """
        found = spelled_like(term)
        ids = Q()
        digits = digits_in(term)
        if len(digits) == 4:
            ids = Q(tail_digest__in=digests(TAIL, digits))
        elif phone := phone_in(term):
            ids = Q(digest__in=digests(PHONE, plain_phone(phone)))
        elif len(term) >= 10 and term.isascii():
            ids = Q(value=term.strip())
        if not ids:
            return self.filter(found)
        from apps.contacts.models import Identity  # which needs this module

        owners = Identity.objects.filter(ids).values_list("contact_id", flat=True)
        return self.filter(found | Q(pk__in=list(owners[:1_000])))

    def current(self) -> "ContactQuerySet":
        """Without those who turned out to be somebody else."""
        return self.filter(merged_into__isnull=True)


class IdentityQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "IdentityQuerySet":
        return self.filter(whom(user, "contact"))

    def external(self) -> "IdentityQuerySet":
        return self.filter(kind="external")


class FollowQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "FollowQuerySet":
        """All of a contact that they may see, also those with others."""
        return self.filter(whom(user, "identity__contact"))

    def open(self) -> "FollowQuerySet":
        return self.filter(ended_at__isnull=True)


class ProposalQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "ProposalQuerySet":
        """Only pairs of whom they may see both."""
        from apps.contacts.models import Contact  # which needs this module

        if not user.has_perm("contacts.view_proposal"):
            return self.none()
        seen = Contact.objects.visible_to(user)
        return self.filter(
            Exists(seen.filter(pk=OuterRef("low"))),
            Exists(seen.filter(pk=OuterRef("high"))),
        )

    def to_decide(self, *, at: datetime) -> "ProposalQuerySet":
        """Those that a person is asked about now."""
        due = Q(later_until__isnull=True) | Q(later_until__lte=at)
        return self.filter(due, status="open", certain=False)


def digits_in(term: str) -> str:
    """The digits that are looked for; empty when there is anything but digits."""
    digits = re.sub(r"[\s+-]", "", term)
    return digits if digits.isdigit() else ""


def phone_in(term: str) -> str:
    """The whole phone that is looked for, or empty."""
    digits = digits_in(term)
    return digits if 7 <= len(digits) <= 15 else ""


@lru_cache(maxsize=2_048)
def plain_phone(phone: str) -> str:
    """Digits only; mainland China's +86 or 0086 in front falls away."""
    digits = re.sub(r"\D", "", phone)
    return re.sub(r"^(?:00)?86(?=1\d{10}$)", "", digits)


def phone_digest(phone: str) -> bytes:
    return digest(PHONE, plain_phone(phone))


def phone_tail_digest(phone: str) -> bytes:
    return digest(TAIL, plain_phone(phone)[-4:])


class OfContactsQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "OfContactsQuerySet":
        """Those of contacts whom the user may see."""
        return self.filter(whom(user, "contact"))
