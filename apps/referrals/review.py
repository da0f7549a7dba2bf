"""What a person makes of a sign of cheating: accepted, or voided; changed again.

Voiding takes away what the helpers named by the sign count for, by lines of their own
in the account; prizes reached by them are taken back unless they are delivered.
Accepting after that brings both back. Nothing is deleted, so all of it can be traced.
"The same for all like this" decides on every open sign of its kind in the campaign.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from apps.audit.note import note
from apps.common.errors import Refused
from apps.referrals.attribute import attribute, look_again
from apps.referrals.models import Referral
from apps.referrals.sign_models import Sign
from apps.referrals.suspect import weigh
from apps.staff.models import User

AT_ONCE = 50  # helpers who are recounted before the page comes back; others soon
MOST_ALIKE = 500


class DecidedSo(Refused):
    """This sign was decided so already."""

    code = "sign_decided_so"


@transaction.atomic
def decide(*, sign: Sign, verdict: str, by: User, at: datetime) -> Sign:
    sign = Sign.objects.select_for_update(of=("self",)).get(pk=sign.pk)
    if sign.verdict == verdict:
        raise DecidedSo
    before = sign.verdict
    sign.verdict, sign.reviewed_by, sign.reviewed_at = verdict, by, at
    sign.save(update_fields=["verdict", "reviewed_by", "reviewed_at"])
    about = sign.seen.get("referrals", [])
    if verdict == Sign.Verdict.VOIDED:
        changed = void(about, at=at)
    else:
        changed = restore(sign, about)
    weigh(sign.invite)
    note(
        deed=f"sign_{verdict}",
        by=by,
        at=at,
        about=sign,
        contact_id=sign.invite.contact_id,
        before={"verdict": before},
        after={"verdict": verdict, "kind": sign.kind, "helpers": len(changed)},
    )
    recount(changed, at=at)
    return sign


def void(referrals: Iterable[int], *, at: datetime) -> list[int]:
    rows = Referral.objects.filter(pk__in=list(referrals), voided_at=None)
    numbers = list(rows.values_list("pk", flat=True))
    Referral.objects.filter(pk__in=numbers).update(voided_at=at)
    return numbers


def restore(sign: Sign, referrals: Iterable[int]) -> list[int]:
    """But for those whom another sign of the invite has voided."""
    others = Sign.objects.filter(invite=sign.invite_id, verdict=Sign.Verdict.VOIDED)
    still = {
        pk for other in others.exclude(pk=sign.pk) for pk in other.seen["referrals"]
    }
    rows = Referral.objects.filter(pk__in=set(referrals) - still)
    numbers = list(rows.exclude(voided_at=None).values_list("pk", flat=True))
    Referral.objects.filter(pk__in=numbers).update(voided_at=None)
    return numbers


def recount(referrals: Sequence[int], *, at: datetime) -> None:
    rows = Referral.objects.filter(pk__in=referrals)
    look_again(rows, at=at)
    for contact_id in rows.order_by("contact").values_list("contact", flat=True)[
        :AT_ONCE
    ]:
        attribute(contact_id=contact_id, at=at)


def like(sign: Sign, *, user: User):
    """Open signs of its kind in its campaign, of inviters whom the user may see."""
    return (
        Sign.objects.visible_to(user)
        .to_look_at()
        .filter(kind=sign.kind, invite__campaign=sign.invite.campaign_id)
    )


def decide_alike(*, sign: Sign, verdict: str, by: User, at: datetime) -> int:
    """This one and all like it, each in a transaction of its own; how many?"""
    others = like(sign, user=by).exclude(pk=sign.pk).order_by("-at", "-pk")
    many = 0
    for each in [sign, *others[:MOST_ALIKE]]:
        try:
            decide(sign=each, verdict=verdict, by=by, at=at)
        except DecidedSo:
            continue
        many += 1
    return many
