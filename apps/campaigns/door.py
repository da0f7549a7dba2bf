"""A channel code of its own for a campaign: made and published in one go."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.campaigns.problems import NotFit
from apps.channels.keep import NameTaken, keep, publish
from apps.channels.models import Channel
from apps.channels.plan import NotAPlan
from apps.common.problems import Problem
from apps.staff.models import User


@transaction.atomic
def own_door(*, name: str, people: Sequence[int], by: User, at: datetime) -> Channel:
    """These colleagues stand at it, always, in turn. WeCom is told."""
    draft = {"always": True, "people": [{"employee": number} for number in people]}
    try:
        made = keep(draft=draft, name=name, by=by, at=at)
        return publish(channel=made, by=by, at=at)
    except NotAPlan as refusal:
        raise NotFit([Problem("channel", str(refusal))]) from refusal
    except NameTaken as refusal:
        raise NotFit([Problem("name", str(refusal))]) from refusal
