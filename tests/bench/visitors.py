"""A campaign with prizes to be claimed, and visitors who take part and are signed in: a
process of its own, which prints what they show.

    python -m tests.bench.visitors VISITORS PRIZES
"""

import json
import sys
from datetime import timedelta

import django


def fill(visitors: int, prizes: int) -> dict:
    from django.utils import timezone

    from apps.campaigns.keep import Prize, Told, keep
    from apps.campaigns.launch import launch
    from apps.campaigns.reward import take_part
    from apps.channels.models import Channel
    from apps.contacts.models import Contact
    from apps.miniprogram.tokens import open_session
    from apps.referrals.invite import issue_invite

    at = timezone.now()
    plan = {"always": True, "people": []}
    door = Channel.objects.create(
        name="bench",
        state="bench",
        status=Channel.Status.PUBLISHED,
        draft=plan,
        plan=plan,
        published_at=at,
    )
    draft = keep(
        told=Told(
            kind="coupon",
            name="bench",
            starts_at=at - timedelta(hours=1),
            ends_at=at + timedelta(days=1),
            channel_id=door.pk,
            award="claimed",
            ends_without_stock=False,
            rules="先到先得",
            prizes=(Prize(name="茶杯", initial=prizes),),
        ),
        by=None,
        at=at,
    )
    campaign = launch(campaign=draft, by=None, at=at)
    shown = []
    for contact in Contact.objects.order_by("pk")[:visitors]:
        take_part(campaign=campaign, contact=contact, at=at)
        issue_invite(campaign=campaign, contact=contact, at=at)
        shown.append(open_session(contact, at=at).access)
    return {
        "campaign": campaign.pk,
        "slug": campaign.slug,
        "prize": campaign.rewards.get().pk,
        "shown": shown,
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(fill(*map(int, sys.argv[1:]))))
