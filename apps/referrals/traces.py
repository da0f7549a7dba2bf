"""By which device, address or number somebody takes part: told by the mini-program or
the page of a campaign, kept as an HMAC alone, and only while its codes answer.

An address says little by itself, since offices and homes share one: it is kept together
with the browser.
"""

from datetime import datetime

from django.db import transaction

from apps.campaigns.models import Campaign
from apps.common.forget import forget_some
from apps.common.sealing import digest
from apps.contacts.models import Contact
from apps.referrals.doors import done_with
from apps.referrals.graph_models import Delta
from apps.referrals.models import Referral
from apps.referrals.sign_models import Trace

FORGET_AT_ONCE = 10_000


@transaction.atomic
def tell_traces(
    *,
    campaign: Campaign,
    contact: Contact,
    at: datetime,
    device: str = "",
    address: str = "",
    agent: str = "",
    phone: str = "",
) -> int:
    """What is told twice is kept once. How many were new?"""
    told = {
        Trace.Kind.DEVICE: device,
        Trace.Kind.ADDRESS: f"{address} {agent}" if address and agent else "",
        Trace.Kind.PHONE: phone,
    }
    made = 0
    for kind, value in told.items():
        if value:
            _trace, is_new = Trace.objects.get_or_create(
                campaign=campaign,
                contact=contact,
                kind=kind,
                digest=digest(f"trace {kind}", value),
                defaults={"at": at},
            )
            made += is_new
    if made:
        look_at_those_they_helped(campaign, contact)
    return made


def look_at_those_they_helped(campaign: Campaign, contact: Contact) -> None:
    rows = Referral.objects.filter(campaign=campaign, contact=contact)
    Delta.objects.bulk_create(
        Delta(invite_id=invite_id, points=0)
        for invite_id in rows.values_list("invite", flat=True)
    )


def forget_traces(*, at: datetime) -> None:
    """Of campaigns that nobody can take part in any more."""
    rows = Trace.objects.filter(campaign__in=done_with(at=at)).order_by("pk")
    forget_some(rows, at_once=FORGET_AT_ONCE)
