"""The customers of a new corp and who follows them, written in bulk."""

import json
import random
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from apps.sandbox.names import (
    DESCRIPTIONS,
    ODD,
    TRADES,
    nickname,
    phone,
    remark_for,
)
from apps.sandbox.records import readable

if TYPE_CHECKING:
    from apps.sandbox.population import Plan

DAY = 86_400
STATES = ["store_sh_01", "store_hz_02", "expo_2026", "poster_a", "live_1", "渠道一"]
# How a customer was added, and how often.
ADD_WAYS = {1: 46, 2: 9, 3: 12, 4: 9, 5: 3, 6: 4, 10: 5, 16: 8, 201: 3, 202: 1, 0: 0.4}
STARTED_BY_THE_CUSTOMER = {0, 1, 3, 10, 16}
FOLLOWERS = {1: 64, 2: 26, 3: 8, 4: 1, 6: 1}  # per customer: 1.5 on average
# Beside the listed ones, in per cent of them.
UNLISTED = 3
STRANGERS = 2
CHUNK = 5_000

PERSON = "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"
FOLLOW = f"INSERT INTO follow VALUES ({', '.join('?' * 14)})"


class Crowd:
    """Makes the persons of a plan, row by row, and keeps their ids."""

    def __init__(self, plan: "Plan") -> None:
        self.plan = plan
        self.chance = plan.chance
        self.salt = f"{plan.chance.random()}"
        self.persons = 0
        self.follows = 0
        self.customers_of: dict[str, list[str]] = {name: [] for name in plan.serving}
        # Few employees have many customers, and the last of them has none.
        self.busy = plan.serving[:-1] or plan.serving
        self.weights = list(
            accumulate(1 / (place + 1) ** 0.7 for place in range(len(self.busy)))
        )

    def fill(self) -> None:
        if not self.busy:
            return
        unlisted = self.plan.contacts * UNLISTED // 100
        self.write(
            self.customer(listed=number < self.plan.contacts, number=number)
            for number in range(self.plan.contacts + unlisted)
        )

    def strangers(self, number: int) -> list[str]:
        """People whom nobody has as a contact."""
        made = [self.person(nickname(self.chance)) for _ in range(number)]
        self.plan.corp.run_many(PERSON, made)
        return [person[1] for person in made]

    def write(self, customers: Iterator["Customer"]) -> None:
        corp = self.plan.corp
        pending: list[Customer] = []
        for customer in customers:
            pending.append(customer)
            if len(pending) == CHUNK:
                self.flush(pending)
        self.flush(pending)
        corp.counter += self.persons

    def flush(self, pending: list["Customer"]) -> None:
        corp = self.plan.corp
        corp.run_many(PERSON, [customer.person for customer in pending])
        corp.run_many(FOLLOW, [row for one in pending for row in one.follows])
        corp.run_many(
            "INSERT OR IGNORE INTO tagging VALUES (?, ?)",
            [row for one in pending for row in one.taggings],
        )
        corp.run_many(
            "INSERT OR IGNORE INTO personal_tag VALUES (?, ?, ?)",
            [row for one in pending for row in one.personal_tags],
        )
        pending.clear()

    def customer(self, *, listed: bool, number: int) -> "Customer":
        odd = number % 40 == 7 and number // 40 < len(ODD)
        name = ODD[number // 40] if odd else nickname(self.chance)
        customer = Customer(self.person(name))
        count = self.chance.choices(list(FOLLOWERS), list(FOLLOWERS.values()))[0]
        for place, userid in enumerate(self.employees(count)):
            relation = self.relation(listed=listed, first=place == 0)
            self.follow(customer, userid, relation)
        return customer

    def employees(self, count: int) -> list[str]:
        count = min(count, len(self.busy))
        chosen: dict[str, None] = {}
        while len(chosen) < count:
            found = self.chance.choices(self.busy, cum_weights=self.weights)[0]
            chosen[found] = None
        return list(chosen)

    def relation(self, *, listed: bool, first: bool) -> str:
        luck = self.chance.random()
        if not listed:
            return "half" if luck < 0.5 else "dropped"
        if luck < 0.05:
            return "left"
        if not first and luck < 0.09:
            return "half" if luck < 0.07 else "dropped"
        return "mutual"

    def person(self, name: str) -> tuple[Any, ...]:
        self.persons += 1
        source = f"{self.salt}:{self.persons}"
        chance = self.chance
        of_a_corp = chance.random() < 0.04
        corp_name = f"临江{chance.choice(TRADES)}" if of_a_corp else ""
        return (
            self.persons,
            ("wo" if of_a_corp else "wm") + readable(source.encode(), 30),
            name,
            2 if of_a_corp else 1,
            chance.choice((0, 1, 1, 2, 2, 2)),
            ""
            if of_a_corp or chance.random() < 0.03
            else "o" + readable(f"{source}:union".encode(), 27),
            f"https://wx.qlogo.cn/mmhead/{readable(name.encode(), 24)}/0"
            if chance.random() < 0.9
            else "",
            corp_name,
            f"{corp_name}有限公司" if of_a_corp else "",
            "采购经理" if of_a_corp and chance.random() < 0.5 else "",
        )

    def follow(self, customer: "Customer", userid: str, relation: str) -> None:
        self.follows += 1
        plan, chance = self.plan, self.chance
        external_userid = customer.person[1]
        add_way = chance.choices(list(ADD_WAYS), list(ADD_WAYS.values()))[0]
        began = self.moment()
        by_customer = add_way in STARTED_BY_THE_CUSTOMER
        state = add_way == 16 or (add_way == 1 and chance.random() < 0.6)
        gone = relation in ("left", "dropped")
        customer.follows.append(
            (
                self.follows,
                userid,
                external_userid,
                relation,
                remark_for(chance, customer.person[2])
                if chance.random() < 0.35
                else customer.person[2][:20],
                chance.choice(DESCRIPTIONS) if chance.random() < 0.15 else "",
                "某贸易公司" if chance.random() < 0.05 else "",
                phones(chance),
                external_userid if by_customer else userid,
                add_way,
                chance.choice(STATES) if state else "",
                began,
                chance.randint(began, max(plan.at, began)) if gone else None,
                '{"nickname":"临江视频号","source":1}' if add_way == 10 else "",
            )
        )
        if relation in ("mutual", "left"):
            self.customers_of[userid].append(external_userid)
            self.tag(customer)

    def tag(self, customer: "Customer") -> None:
        count = self.chance.choices((0, 1, 2, 3, 5), (35, 30, 20, 10, 5))[0]
        for tag in self.chance.choices(self.plan.tags, k=count):
            customer.taggings.append((self.follows, tag))
        if self.chance.random() < 0.05:
            customer.personal_tags.append((self.follows, "我的标签", "朋友"))

    def moment(self) -> int:
        """Some time in the last sixty days, more often lately, mostly by day."""
        days = int((1 - self.chance.random() ** 1.3) * 60)
        hour = self.chance.choice(
            (9, 10, 10, 11, 13, 14, 15, 15, 16, 17, 19, 20, 21, 2)
        )
        beijing_midnight = (self.plan.at + 8 * 3600) // DAY * DAY - 8 * 3600
        moment = beijing_midnight - days * DAY + hour * 3600
        return min(moment + self.chance.randrange(3600), self.plan.at)


class Customer:
    """One person's rows, before they are written."""

    __slots__ = ("follows", "person", "personal_tags", "taggings")

    def __init__(self, person: tuple[Any, ...]) -> None:
        self.person = person
        self.follows: list[tuple[Any, ...]] = []
        self.taggings: list[tuple[int, str]] = []
        self.personal_tags: list[tuple[int, str, str]] = []


def phones(chance: random.Random) -> str:
    luck = chance.random()
    if luck < 0.75:
        return "[]"
    return json.dumps([phone(chance) for _ in range(1 if luck < 0.97 else 3)])
