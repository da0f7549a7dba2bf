"""Campaigns as tests want them, and people who take part."""

from datetime import datetime
from typing import Any

from apps.campaigns.join import join
from apps.campaigns.keep import Prize, Told, keep
from apps.campaigns.launch import launch
from apps.campaigns.models import Campaign, Grant, Participation, Reward
from apps.channels.models import Channel
from tests import make
from tests.conftest import day

TERMS = {
    "group_buy": {"size": 3, "hours": 24},
    "bargain": {"price": 10_000, "floor": 100, "helpers": 5},
}


def a_door() -> Channel:
    """A code that is published, without WeCom."""
    number = next(make.number)
    plan = {"always": True, "people": []}
    return Channel.objects.create(
        name=f"门 {number}",
        state=f"cdoor{number}",
        status=Channel.Status.PUBLISHED,
        draft=plan,
        plan=plan,
        published_at=day(1),
    )


def told(*prizes: Prize, kind: str = "referral", **fields: Any) -> Told:
    fields = {
        "name": f"活动 {next(make.number)}",
        "starts_at": day(1),
        "ends_at": day(20),
        "terms": TERMS.get(kind, {}),
        "rules": "邀请好友",
    } | fields
    if "channel_id" not in fields:
        fields["channel_id"] = a_door().pk
    return Told(
        kind=kind,
        prizes=prizes or (Prize(name="杯子", needed=3, initial=10),),
        **fields,
    )


def a_draft(*prizes: Prize, **fields: Any) -> Campaign:
    return keep(told=told(*prizes, **fields), by=None, at=day(1))


def a_campaign(*prizes: Prize, at: datetime | None = None, **fields: Any) -> Campaign:
    """It runs from the first day to the twentieth."""
    draft = a_draft(*prizes, **fields)
    launch(campaign=draft, by=None, at=at or day(1))
    return Campaign.objects.get(pk=draft.pk)


def somebody(campaign: Campaign, at: datetime | None = None) -> Participation:
    return join(campaign=campaign, contact=make.contact(), at=at or day(2))


def conserved(reward: Reward) -> bool:
    """Is what there was what is left and what was won?"""
    reward.refresh_from_db()
    live = Grant.objects.live().filter(reward=reward).count()
    return reward.initial == reward.left + live
