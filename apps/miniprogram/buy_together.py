"""Somebody opens a team, or joins the one of a friend: both take part by it."""

from datetime import datetime

from django.db import transaction

from apps.campaigns.models import Campaign, Team
from apps.campaigns.reward import take_part
from apps.campaigns.team import join_team, open_team
from apps.contacts.models import Contact
from apps.events.models import EventRecord

SOURCE = EventRecord.Source.CLIENT


@transaction.atomic
def open_one(*, campaign: Campaign, contact: Contact, at: datetime) -> Team:
    mine = take_part(campaign=campaign, contact=contact, at=at, source=SOURCE)
    return open_team(participation=mine, at=at)


@transaction.atomic
def join_one(*, team: Team, contact: Contact, at: datetime) -> Team:
    mine = take_part(campaign=team.campaign, contact=contact, at=at, source=SOURCE)
    return join_team(team=team, participation=mine, at=at)
