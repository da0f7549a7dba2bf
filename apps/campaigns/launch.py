"""A campaign is launched, and closed: by time, by stock, by hand.

Launching checks it once more; of a lottery it lays down the chances and the secret that
all draws follow from. What must happen when one closes hangs on CampaignEnded.
"""

from datetime import datetime

from django.db import transaction

from apps.audit.note import note
from apps.campaigns.check import check
from apps.campaigns.draw import lay_down_chances
from apps.campaigns.events import CampaignEnded, CampaignLaunched
from apps.campaigns.keep import NotADraft, held
from apps.campaigns.kinds import kind_of
from apps.campaigns.models import Campaign
from apps.campaigns.problems import NotFit
from apps.campaigns.reward import is_out
from apps.common.errors import Refused
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.staff.models import User

Source = EventRecord.Source


class NotLaunched(Refused):
    """This campaign does not run."""

    code = "campaign_not_launched"


@transaction.atomic
def launch(*, campaign: Campaign, by: User | None, at: datetime) -> Campaign:
    campaign = held(campaign.pk)
    if not campaign.is_draft:
        raise NotADraft
    problems = check(campaign, at=at).problems
    if problems:
        raise NotFit(problems)
    campaign.status, campaign.launched_at = Campaign.Status.LAUNCHED, at
    campaign.version += 1
    campaign.save(update_fields=["status", "launched_at", "version"])
    if kind_of(campaign).is_drawn:
        lay_down_chances(campaign, at=at)
    note(
        deed="launched",
        by=by,
        at=at,
        about=campaign,
        before={"status": Campaign.Status.DRAFT},
        after={"status": campaign.status},
    )
    tell(CampaignLaunched, campaign, by=by, at=at)
    return campaign


@transaction.atomic
def close(
    *,
    campaign: Campaign,
    by: User | None,
    at: datetime,
    why: str = Campaign.ClosedBy.HAND,
) -> Campaign:
    campaign = held(campaign.pk)
    if not campaign.is_launched:
        raise NotLaunched
    campaign.status, campaign.closed_by = Campaign.Status.CLOSED, why
    campaign.closed_at = at
    campaign.version += 1
    campaign.save(update_fields=["status", "closed_by", "closed_at", "version"])
    note(
        deed="closed",
        by=by,
        at=at,
        about=campaign,
        before={"status": Campaign.Status.LAUNCHED},
        after={"status": campaign.status, "closed_by": why},
    )
    tell(CampaignEnded, campaign, by=by, at=at)
    return campaign


def tell(
    kind: type[CampaignLaunched] | type[CampaignEnded],
    campaign: Campaign,
    *,
    by: User | None,
    at: datetime,
) -> None:
    record(
        kind(
            at=at,
            source=Source.PERSON if by else Source.SYSTEM,
            actor_id=by.pk if by else None,
            campaign_id=campaign.pk,
        )
    )


def close_those_over(*, at: datetime) -> int:
    """Those whose time is over, and those of which nothing is left."""
    closed = 0
    running = Campaign.objects.launched()
    for campaign in running.filter(ends_at__lte=at):
        closed += close_if_running(campaign, at=at, why=Campaign.ClosedBy.TIME)
    for campaign in running.filter(ends_at__gt=at, ends_without_stock=True):
        closed += close_without_stock(campaign_id=campaign.pk, at=at)
    return closed


def close_without_stock(*, campaign_id: int, at: datetime) -> bool:
    """The campaign ends with its stock, if it is one that does."""
    rows = Campaign.objects.launched().filter(pk=campaign_id, ends_without_stock=True)
    campaign = rows.first()
    if campaign is None or not is_out(campaign):
        return False
    return close_if_running(campaign, at=at, why=Campaign.ClosedBy.STOCK)


def close_if_running(campaign: Campaign, *, at: datetime, why: str) -> bool:
    """A colleague may have been faster."""
    try:
        close(campaign=campaign, by=None, at=at, why=why)
    except NotLaunched:
        return False
    return True
