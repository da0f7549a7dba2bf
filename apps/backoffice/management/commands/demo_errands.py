"""The campaign that runs, handed to some employees, and a poster for it."""

from datetime import timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.errands.hand_out import hand_out, say_done
from apps.errands.models import Errand
from apps.posters.design import first_design
from apps.posters.keep import keep_poster
from apps.posters.models import Poster
from apps.staff.models import Employee, User

TEXT = "先发给上过体验课、还没办卡的客户；说清楚三位好友助力就送运动水杯。"
TARGETS = {"reached": 30, "joined": 8, "helped": 12}
PEOPLE = 5
REACHED = (34, 18, 6)  # what some have told so far; the first is done


class Command(BaseCommand):
    help = "A poster, and an errand for some employees, once."

    def handle(self, **options):
        boss = User.objects.filter(is_superuser=True).order_by("pk").first()
        runs = Campaign.objects.launched().filter(kind="referral").order_by("pk")
        campaign = runs.first()
        if boss is None or campaign is None or Errand.objects.exists():
            return
        now = timezone.now()
        if not Poster.objects.filter(campaign=campaign).exists():
            keep_poster(
                campaign=campaign,
                told=first_design(title=campaign.name).as_json(),
                background="",
                version=0,
                by=boss,
                at=now,
            )
        signs_in = User.objects.filter(username="employee").first()
        others = Employee.objects.filter(serves=True, status=1).order_by("pk")
        people = list(others.exclude(user=signs_in)[: PEOPLE - 1])
        if signs_in and signs_in.employee:
            people.append(signs_in.employee)
        errand = hand_out(
            campaign=campaign,
            employees=people,
            targets=TARGETS,
            due_at=now + timedelta(days=3),
            text=TEXT,
            by=boss,
            at=now - timedelta(days=2),
        )
        shares = errand.shares.order_by("pk")
        for number, (share, reached) in enumerate(zip(shares, REACHED, strict=False)):
            say_done(share=share, reached=reached, is_done=not number, by=boss, at=now)
