"""Friends who came by invites to the demo's campaign, and a few who look like cheating.

The invites' codes are made in the sandbox corp like any other; friends scan them there,
and the callbacks bring them in. Some of them invite in turn, some leave again.
"""

import random
from datetime import timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.backoffice.management.commands.demo_campaigns import BRING
from apps.backoffice.play import play, wait_until
from apps.campaigns.models import Campaign, Participation
from apps.contacts.models import Contact
from apps.referrals.graph import fold_all
from apps.referrals.invite import issue_invite
from apps.referrals.models import Invite, Referral
from apps.referrals.suspect import look_at_those_changed
from apps.referrals.traces import tell_traces

PATIENCE = 30.0  # seconds until the codes are made
A_SCAN = 4.0
INVITERS = 6
FRIENDS = 24
ON_ONE_PHONE = 4


class Command(BaseCommand):
    help = "Friends who came by invites, once."

    def handle(self, **options):
        campaign = Campaign.objects.filter(name=BRING).first()
        if campaign is None or Invite.objects.exists():
            return
        now = timezone.now()
        rows = Participation.objects.filter(campaign=campaign).order_by("pk")
        invites = [
            issue_invite(campaign=campaign, contact=each.contact, at=now)
            for each in rows.select_related("contact")[:INVITERS]
        ]
        waiting = Invite.objects.filter(config_id="", trouble="")
        if wait_until(lambda: not waiting.all().exists(), seconds=PATIENCE):
            bring_friends(campaign, invites)
            fold_all()
            look_at_those_changed(at=timezone.now() + timedelta(minutes=1))


def bring_friends(campaign: Campaign, invites: list[Invite]) -> None:
    """The first inviter brings most; every fourth friend invites in turn."""
    chance = random.Random(8)
    for number in range(FRIENDS):
        weights = [2 * len(invites), *([2] * (len(invites) - 1))]
        (invite,) = chance.choices(invites, weights=weights)
        helper = scans(invite)
        if helper is None:
            continue
        at = timezone.now()
        if invite == invites[1] or number < ON_ONE_PHONE:
            told = {"campaign": campaign, "contact": helper, "at": at}
            tell_traces(device=f"phone of {invite.pk}", **told)
        if number % 4 == 3:
            made = issue_invite(campaign=campaign, contact=helper, at=at)
            wait_until(lambda made=made: has_a_code(made), seconds=A_SCAN)
            invites.append(made)


def scans(invite: Invite) -> Contact | None:
    """Whoever came by it, once we have heard of them."""
    came = Referral.objects.filter(invite=invite)
    before = came.count()
    if play("scan", state=invite.state) is None:
        return None
    if not wait_until(lambda: came.all().count() > before, seconds=A_SCAN):
        return None
    return came.latest("pk").contact


def has_a_code(invite: Invite) -> bool:
    return not Invite.objects.filter(pk=invite.pk, config_id="").exists()
