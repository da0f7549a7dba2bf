"""What campaigns have to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class CampaignJoined(Event):
    """A contact takes part in a campaign."""

    title: ClassVar = _("took part in a campaign")

    campaign_id: int
    participation_id: int


@dataclass(frozen=True, kw_only=True)
class RewardGranted(Event):
    """A contact won something; `left` is how many of it there still are."""

    title: ClassVar = _("won a prize")

    campaign_id: int
    reward_id: int
    grant_id: int
    left: int


@dataclass(frozen=True, kw_only=True)
class RewardVoided(Event):
    """What a contact had won was taken back."""

    title: ClassVar = _("a prize was taken back")

    campaign_id: int
    reward_id: int
    grant_id: int


@dataclass(frozen=True, kw_only=True)
class RewardDelivered(Event):
    """A contact has got what they won."""

    title: ClassVar = _("got a prize")

    campaign_id: int
    reward_id: int
    grant_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignLaunched(Event):
    """A campaign runs from now on."""

    title: ClassVar = _("a campaign was launched")

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignEnded(Event):
    """A campaign is over, for whatever reason."""

    title: ClassVar = _("a campaign ended")

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class TeamSettled(Event):
    """A team of a group buy is complete, or was not in time; told for each member."""

    title: ClassVar = _("a group buy was settled")

    campaign_id: int
    team_id: int
    outcome: str  # Team.Status
