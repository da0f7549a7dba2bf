"""Leads for the demo's company: in every stage, with what is next, early and late."""

import random
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from apps.contacts.models import Contact
from apps.followups.models import Stage, WorkSetting
from apps.followups.move import expect, move_lead, open_lead
from apps.followups.stages import first_stage, stages
from apps.followups.tasks_of import add_task
from apps.followups.working_time import keep_setting
from apps.staff.models import User

MANY = 240  # leads; those of a signed-in employee come first
OF_AN_EMPLOYEE = 40
REASONS = ["价格太高", "选了别家", "暂无需求", "联系不上"]
NEXT = ["电话回访", "发课程报价", "约到店体验", "寄样品", "确认付款", "邀请进群"]
PRICES = [59_900, 99_900, 129_000, 298_000, 480_000, 1_280_000]


class Command(BaseCommand):
    help = "Leads in all stages for some of the contacts, once."

    @transaction.atomic
    def handle(self, **options):
        admin = User.objects.filter(username="admin").first()
        if WorkSetting.objects.exists() or admin is None:
            return
        chance, now = random.Random(23), timezone.now()
        keep_setting(lost_reasons=REASONS, by=admin, at=now)
        first_stage()
        row = stages()
        for contact in people():
            make_lead(contact, row, chance, now=now, admin=admin)


def people() -> list[Contact]:
    """Friends with an owner, without a lead; of those who sign in, so many each."""
    friends = Contact.objects.current().filter(
        standing=Contact.Standing.FRIEND, owner__isnull=False
    )
    friends = friends.exclude(leads__isnull=False).select_related("owner")
    signed_in = User.objects.filter(is_active=True, employee__isnull=False)
    found: dict[int, Contact] = {}
    for user in signed_in.order_by("pk"):
        theirs = friends.filter(owner=user.employee).order_by("pk")[:OF_AN_EMPLOYEE]
        found |= {contact.pk: contact for contact in theirs}
    found |= {contact.pk: contact for contact in friends.order_by("pk")[:MANY]}
    return list(found.values())[:MANY]


def make_lead(
    contact: Contact,
    row: list[Stage],
    chance: random.Random,
    *,
    now: datetime,
    admin: User,
) -> None:
    by = User.objects.filter(employee=contact.owner, is_active=True).first() or admin
    opened = now - timedelta(days=chance.randint(2, 40), hours=chance.randint(0, 9))
    lead = open_lead(contact=contact, by=by, at=opened)
    if chance.random() < 0.7:
        expect(lead=lead, amount=chance.choice(PRICES), by=by, at=opened)
    weights = [5, 4, 4, 3, 2, 2][: len(row)]
    to = chance.choices(row, weights + [1] * (len(row) - len(weights)))[0]
    passed = row.index(to) if not to.ends else chance.randint(1, 3)
    at = opened
    for stage in [*row[1:passed], to]:
        at = min(at + timedelta(hours=chance.randint(3, 60)), now)
        reason = chance.choice(REASONS) if stage.ends == Stage.Ends.LOST else ""
        move_lead(lead=lead, to=stage, by=by, at=at, reason=reason)
    if not to.ends and chance.random() < 0.6:
        hours = chance.choice([-30, -3, 1, 3, 5, 26, 50, 100])
        due_at = now + timedelta(hours=hours)
        add_task(
            contact=contact,
            text=chance.choice(NEXT),
            due_at=due_at,
            employee=contact.owner,
            by=by,
            at=min(now, due_at) - timedelta(hours=1),
        )
