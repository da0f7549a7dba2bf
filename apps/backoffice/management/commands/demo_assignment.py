"""Whose customers are whose in the demo's company, and who waits in a pool.

Three rules, one of them off; the leads of yesterday are dealt out as they came, so that
a rule can be tried on them. Some wait in a pool, each for another reason.
"""

import random
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from apps.assignment import keep as rules
from apps.assignment import keep_pool as pools
from apps.assignment.assign import assign, general_pool
from apps.assignment.give import Told, give_all
from apps.assignment.models import Assignment, AssignmentRule, Pool, Skill
from apps.assignment.reclaim import run
from apps.backoffice.play import play, wait_until
from apps.channels.models import Channel
from apps.contacts.models import Contact
from apps.staff.models import Employee, User
from apps.tags.models import Tag

YESTERDAY = 16  # leads
PATIENCE = 20.0  # seconds
How = Assignment.How
RETURNED = ["只想比价，暂时不买", "搬去外地了", "联系三次都没有回复", "想找本地门店"]


class Command(BaseCommand):
    help = "Rules of assignment, a pool, and who waits in it, once."

    def handle(self, **options):
        admin = User.objects.filter(username="admin").first()
        people = list(Employee.objects.serving().filter(status=1).order_by("pk")[:8])
        is_done = AssignmentRule.objects.exists()
        if admin is None or is_done or len(people) < 8:
            return
        now = timezone.now()
        came = leads_of_yesterday(at=now)
        with transaction.atomic():
            know(people)
            pool = a_pool(people, by=admin, at=now - timedelta(days=30))
            make_rules(people, pool, by=admin, at=now - timedelta(days=3))
        # one by one: the company lives on, and whoever holds many waits for many
        for contact in came:
            assign([contact.pk], at=contact.added_at)
        put_into_pools(people, pool, at=now)
        run(at=now)


def leads_of_yesterday(*, at: datetime) -> list[Contact]:
    """From the morning to the night; by codes, and without."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight - timedelta(hours=16)  # at eight
    states = [*Channel.objects.published().values_list("state", flat=True), ""]
    chance = random.Random(5)
    names = []
    for number in range(YESTERDAY):
        moment = first + timedelta(minutes=56 * number + chance.randint(0, 40))
        state = chance.choice(states)
        done = play("add", at=int(moment.timestamp()), state=state)
        names += [done["external_userid"]] if done else []
    found = Contact.objects.current().filter(
        identities__kind="external", identities__value__in=names
    )
    wait_until(lambda: found.all().count() >= len(names), seconds=PATIENCE)
    return list(found.order_by("added_at", "pk"))


def know(people: list[Employee]) -> None:
    tags = Tag.objects.filter(deleted_at__isnull=True).order_by("pk")[:6]
    for number, tag in enumerate(tags):
        Skill.objects.get_or_create(employee=people[number % 4], tag=tag)


def a_pool(people: list[Employee], *, by: User, at: datetime) -> Pool:
    told = {
        "name": "长期未跟进",
        "people": [who.pk for who in people[6:]],
        "claims_a_day": 10,
        "most_in_hand": 300,
        "reclaims_after": 90,
        "spares_bought_days": 180,
    }
    return pools.keep(told=told, by=by, at=at)


def make_rules(
    people: list[Employee], pool: Pool, *, by: User, at: datetime
) -> list[AssignmentRule]:
    numbers = [who.pk for who in people]
    every_day = [1, 2, 3, 4, 5, 6, 7]
    codes = Channel.objects.published().order_by("pk").values_list("pk", flat=True)[:2]
    by_code = {"field": "channels", "op": "any", "value": list(codes)}
    weighted = [
        {"employee": numbers[0], "weight": 3, "daily_cap": 20},
        {"employee": numbers[1], "weight": 1},
    ]
    hours = [{"days": every_day, "from": "09:00", "until": "21:00", "people": []}]
    in_turn = [{"employee": number, "daily_cap": 30} for number in numbers[2:6]]
    kinds = [
        ("活码来的新客", by_code, {"always": True, "people": weighted}, "weighted"),
        ("其他新客", None, {"slots": hours, "people": in_turn}, "in_turn"),
        ("在手最少的先接", None, {"always": True, "people": in_turn}, "least_open"),
    ]
    made = []
    for name, rule, plan, strategy in kinds:
        kept = rules.keep(
            name=name,
            rule=rule,
            plan=plan,
            strategy=strategy,
            keeps=False,
            by_skill=False,
            pool=None,
            by=by,
            at=at,
        )
        made.append(kept)
    for kept in made[:2]:
        rules.switch(rule=kept, on=True, by=by, at=at)
    return made


def put_into_pools(people: list[Employee], pool: Pool, *, at: datetime) -> None:
    """Taken back after long silence, or given back with what was said."""
    general = general_pool()
    free = Contact.objects.current().filter(
        leads__isnull=True, assignments__isnull=True, owner__in=people
    )
    rows = list(free.select_related("owner").order_by("pk")[:24])
    for number, contact in enumerate(rows):
        since = at - timedelta(days=number // 4, hours=1 + number)
        silent = f"{contact.owner} 已 {92 + number} 天未跟进"
        returned = RETURNED[number % len(RETURNED)]
        is_returned = number % 3 == 2
        told = Told(
            pool_id=(general if number % 2 else pool).pk,
            why=returned if is_returned else silent,
        )
        how = How.RETURN if is_returned else How.RECLAIM
        give_all({contact.pk: told}, how=how, at=since)
