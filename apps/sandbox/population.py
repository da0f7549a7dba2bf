"""A living corp from a seed: who works there, whom they serve, in which groups.

The same seed, sizes and moment make the same corp. `contacts` counts the people
whom the API lists; beside them stand a few who are only half added, or were
dropped, and some who were only met in a group.
"""

import random
from dataclasses import dataclass, field

from apps.sandbox.acts.departments import department_create
from apps.sandbox.acts.tags import BY_THE_APP, BY_THE_CONSOLE, make_group, make_tag
from apps.sandbox.crowd import Crowd
from apps.sandbox.gatherings import gather
from apps.sandbox.names import full_name, phone
from apps.sandbox.records import Records

DAY = 86_400
HISTORY_DAYS = 60

DEPARTMENTS = [
    ("华东大区", "East", 1, 400),
    ("华南大区", "South", 1, 300),
    ("客户服务部", "Service", 1, 200),
    ("市场部", "Marketing", 1, 100),
    ("上海门店", "", 2, 20),
    ("杭州门店", "", 2, 10),
    ("广州门店", "", 3, 20),
    ("深圳门店", "", 3, 10),
    ("售后组", "", 4, 20),
    ("南山店", "", 9, 10),
]
POSITIONS = ["客户顾问", "客户顾问", "销售经理", "客服专员", "门店店长", "大客户经理"]

# Group, tags, and who made it: an app may edit only what it made itself.
TAGS = [
    ("客户等级", ["VIP", "重点", "普通", "潜在"], BY_THE_CONSOLE),
    ("来源", ["门店扫码", "展会", "转介绍", "视频号", "官网"], BY_THE_CONSOLE),
    ("意向", ["高意向", "中意向", "低意向", "已成交", "已流失"], BY_THE_APP),
    ("行业", ["教育", "美业", "母婴", "家装", "汽车", "餐饮", "外贸"], BY_THE_CONSOLE),
    ("地区", ["华东", "华南", "华北", "西南", "港澳台"], BY_THE_CONSOLE),
    ("跟进", ["待报价", "已报价", "待签约", "需回访", "勿扰"], BY_THE_APP),
    ("生日月", [f"{month}月" for month in range(1, 13)], BY_THE_CONSOLE),
]
STRATEGY_TAGS = [("华南重点", ["战略客户", "集团采购"]), ("门店", ["会员日", "老带新"])]


@dataclass(kw_only=True)
class Plan:
    """What is to be made, and what has been made so far."""

    corp: Records
    chance: random.Random
    at: int
    employees: int
    contacts: int
    groups: int
    serving: list[str] = field(default_factory=list)  # userids who may have customers
    tags: list[str] = field(default_factory=list)


def populate(
    corp: Records, *, seed: int, employees: int, contacts: int, groups: int, at: int
) -> None:
    """Fill an empty corp; `at` is the moment up to which its history goes."""
    plan = Plan(
        corp=corp,
        chance=random.Random(seed),
        at=at,
        employees=employees,
        contacts=contacts,
        groups=groups,
    )
    found_departments(plan)
    hire(plan)
    make_tags(plan)
    crowd = Crowd(plan)
    crowd.fill()
    gather(plan, crowd)
    corp.untold.clear()  # history makes no news


def found_departments(plan: Plan) -> None:
    corp = plan.corp
    corp.run(
        'INSERT INTO department (id, name, name_en, parentid, "order")'
        " VALUES (1, '临江优品', '', 0, 100000000)"
    )
    wanted = min(len(DEPARTMENTS), max(1, plan.employees // 2))
    for name, english, parent, order in DEPARTMENTS[:wanted]:
        department_create(corp, at=plan.at, name=name, parentid=parent, order=order)
        corp.run(
            "UPDATE department SET name_en = ? WHERE id = ?",
            english,
            corp.value("SELECT max(id) FROM department"),
        )


def hire(plan: Plan) -> None:
    """One in twelve may not have customers; one in fifteen greets by the console."""
    corp, chance = plan.corp, plan.chance
    departments = [row["id"] for row in corp.rows("SELECT id FROM department")]
    taken: set[str] = set()
    led: set[int] = set()
    people, places = [], []
    for number in range(plan.employees):
        name, reading = full_name(chance)
        # Ids are compared without regard to case: some are written with capitals.
        userid = reading.title() if chance.random() < 0.2 else reading
        if chance.random() < 0.1:
            userid = f"{userid[:20]}.{chance.randrange(100):02}@lj"
        userid = userid if userid.lower() not in taken else f"{userid}_{number}"
        taken.add(userid.lower())
        serves = number < 2 or number % 12 != 11
        if serves:
            plan.serving.append(userid)
        mine = [chance.choice(departments)]
        if chance.random() < 0.2 and (other := chance.choice(departments)) not in mine:
            mine.append(other)
        people.append(
            (
                userid,
                name,
                chance.choice(POSITIONS),
                phone(chance),
                chance.choice((1, 2)),
                mine[0],
                int(serves),
                int(number % 15 == 14),
            )
        )
        for place, department in enumerate(mine):
            leads = int(department not in led)
            led.add(department)
            places.append((userid, department, chance.randrange(100), leads, place))
    corp.run_many(
        "INSERT INTO employee (userid, name, position, mobile, gender,"
        " main_department, serves, console_welcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        people,
    )
    corp.run_many("INSERT INTO membership VALUES (?, ?, ?, ?, ?)", places)


def make_tags(plan: Plan) -> None:
    corp, then = plan.corp, plan.at - HISTORY_DAYS * DAY
    for place, (name, tags, made_by) in enumerate(TAGS):
        group = make_group(
            corp, at=then, name=name, order=(len(TAGS) - place) * 10, made_by=made_by
        )
        for rank, tag in enumerate(tags):
            plan.tags.append(
                make_tag(
                    corp,
                    at=then,
                    group_id=group,
                    name=tag,
                    order=(len(tags) - rank) * 10,
                    made_by=made_by,
                )
            )
    for number, (name, tags) in enumerate(STRATEGY_TAGS, start=1):
        group = make_group(
            corp,
            at=then,
            name=name,
            order=0,
            made_by=BY_THE_CONSOLE,
            strategy_id=number,
        )
        for tag in tags:
            plan.tags.append(
                make_tag(
                    corp,
                    at=then,
                    group_id=group,
                    name=tag,
                    order=0,
                    made_by=BY_THE_CONSOLE,
                )
            )
