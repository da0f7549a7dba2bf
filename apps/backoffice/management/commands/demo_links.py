"""An acquisition link and two codes of groups for the demo's company, and who came.

They are made in the sandbox corp as in any other; then customers open the link, write
to whom it brought them to, and join groups there.
"""

import random
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand
from django.db.models import Count, Q
from django.utils import timezone

from apps.backoffice.play import play, wait_until
from apps.channels import keep as channels
from apps.channels.balance import read_balance
from apps.channels.models import Channel
from apps.groups.models import GroupChat
from apps.joins import keep as joins
from apps.joins.models import FULL, GroupCode
from apps.staff.models import Employee

PATIENCE = 30.0  # seconds until they are made
DAYS = 10
OPENED, LOOKED = 18, 9  # who added somebody, and who only looked
JOINED = 16
ROOM = 3  # of the first group behind the code


class Command(BaseCommand):
    help = "A link and two codes of groups, and who came by them, once."

    def handle(self, **options):
        people = list(Employee.objects.serving().filter(status=1).order_by("pk")[:4])
        groups = small_groups()
        is_done = Channel.objects.filter(kind=Channel.Kind.LINK).exists()
        if is_done or GroupCode.objects.exists() or len(people) < 4 or len(groups) < 4:
            return
        now = timezone.now()
        link = a_link(people, at=now - timedelta(days=DAYS))
        code = codes_of_groups(groups, at=now - timedelta(days=DAYS))
        read_balance()
        links = Channel.objects.filter(kind=Channel.Kind.LINK, config_id="")
        codes = GroupCode.objects.filter(config_id="")
        made = wait_until(
            lambda: not links.all().exists() and not codes.all().exists(),
            seconds=PATIENCE,
        )
        if made:
            link.refresh_from_db()
            chance = random.Random(7)
            open_it(link, chance, at=now)
            join(code, chance, at=now)


def small_groups() -> list[GroupChat]:
    standing = GroupChat.objects.filter(dismissed_at__isnull=True)
    inside = Count("stays", filter=Q(stays__left_at__isnull=True))
    return list(standing.annotate(inside=inside).order_by("inside", "pk")[:6])


def a_link(people: list[Employee], *, at: datetime) -> Channel:
    draft = {
        "always": True,
        "rotation": "in_turn",
        "people": [{"employee": who.pk, "daily_cap": 50} for who in people],
    }
    link = channels.keep(
        draft=draft,
        name="官网·在线咨询",
        folder="线上",
        kind=Channel.Kind.LINK,
        target=200,
        cost_per_day=30_000,
        by=None,
        at=at,
    )
    return channels.publish(channel=link, by=None, at=at)


def codes_of_groups(groups: list[GroupChat], *, at: datetime) -> GroupCode:
    first, *others = groups
    inside = first.stays.filter(left_at__isnull=True).count()
    code = joins.keep(
        name="新品体验群",
        folder="门店",
        groups=[group.pk for group in (first, *others[:2])],
        full_at=min(max(inside + ROOM, 2), FULL),
        base_name="新品体验群",
        by=None,
        at=at,
    )
    joins.keep(
        name="会员福利群",
        folder="线上",
        groups=[group.pk for group in others[2:]],
        opens_new=False,
        by=None,
        at=at,
    )
    return code


def open_it(link: Channel, chance: random.Random, *, at: datetime) -> None:
    about = {"link_id": link.config_id, "state": link.state}
    for moment in moments(OPENED, chance, at=at):
        came = play("open_link", at=moment, **about)
        if came and came.get("new") and chance.random() < 0.6:
            play("write_by_link", at=moment + 60, **about)
    for moment in moments(LOOKED, chance, at=at):
        play("open_link", at=moment, adds=False, **about)


def join(code: GroupCode, chance: random.Random, *, at: datetime) -> None:
    for moment in moments(JOINED, chance, at=at):
        play("scan_group_code", state=code.state, at=moment)


def moments(many: int, chance: random.Random, *, at: datetime) -> list[int]:
    """One after the other, in seconds."""
    days = sorted(DAYS * chance.random() for _ in range(many))
    return [int((at - timedelta(days=back)).timestamp()) for back in reversed(days)]
