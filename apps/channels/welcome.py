"""A code may name the welcome of whoever comes by it, or say that they get none.

The name lies in the plan in force, as `welcome`: a number, 0 for none, or nothing.
"""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext

from apps.channels.models import Channel
from apps.channels.plan import Plan
from apps.channels.states import parted
from apps.common.problems import Problem
from apps.welcomes.doors import DOORS, Door, Doors
from apps.welcomes.models import Welcome


def door_of(channel: Channel | None) -> Door | None:
    if channel is None:
        return None
    told = (channel.plan or {}).get("welcome")
    return Door(name=channel.name, welcome=told if type(told) is int else None)


def by_state(state: str) -> Door | None:
    ours = parted(state)[0]
    return door_of(Channel.objects.filter(state=ours).only("name", "plan").first())


def by_number(number: int) -> Door | None:
    return door_of(Channel.objects.filter(pk=number).only("name", "plan").first())


def saying(welcome: int) -> list[tuple[str, str]]:
    """Codes that say it, or shall once they are published."""
    found = Channel.objects.filter(plan__welcome=welcome)
    found |= Channel.objects.filter(draft__welcome=welcome)
    return [
        (channel.name, reverse("admin:channels_channel_change", args=[channel.pk]))
        for channel in found.only("name").order_by("name")[:100]
    ]


def wrong_welcome(plan: Plan) -> Iterator[Problem]:
    if plan.welcome and not Welcome.objects.filter(pk=plan.welcome).exists():
        yield Problem("welcome", gettext("This welcome exists no longer."))


DOORS.add(
    Doors(
        by_state=by_state,
        by_number=by_number,
        saying=saying,
        picks="admin:channels_channel_picks",
    )
)
