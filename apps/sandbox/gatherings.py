"""The group chats of a new corp and who is in them, written in bulk."""

from typing import TYPE_CHECKING

from apps.sandbox.acts.groups import BY_CODE, BY_LINK, EMPLOYEE, INVITED, OUTSIDER
from apps.sandbox.names import PLACES, TRADES

if TYPE_CHECKING:
    from apps.sandbox.crowd import Crowd
    from apps.sandbox.population import Plan

DAY = 86_400
SIZES = ((3, 30, 100, 180), (20, 60, 15, 5))
NOTICES = ["", "", "请修改群昵称", "每周三会员日，群内报名", "禁止广告🚫"]
MEMBER = (
    "INSERT OR IGNORE INTO group_member (chat_id, member, type, join_time,"
    " join_scene, invitor, state, nickname, admin) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def gather(plan: "Plan", crowd: "Crowd") -> None:
    """Groups around their owners' customers, with some whom nobody has."""
    if not crowd.busy:
        return
    strangers = crowd.strangers(max(plan.contacts * 2 // 100, 1))
    for number in range(plan.groups):
        make_chat(plan, crowd, strangers, internal=False, number=number)
    for number in range(2 if plan.groups else 0):
        make_chat(plan, crowd, [], internal=True, number=number)


def make_chat(
    plan: "Plan", crowd: "Crowd", strangers: list[str], *, internal: bool, number: int
) -> None:
    corp, chance = plan.corp, plan.chance
    owner = crowd.employees(1)[0]
    chat_id = corp.identifier("wr")
    made = plan.at - chance.randrange(1, 60) * DAY - chance.randrange(DAY)
    name = f"{chance.choice(PLACES)}{chance.choice(TRADES)}{chance.randint(1, 9)}群"
    corp.run(
        "INSERT INTO group_chat (chat_id, name, owner, create_time, notice, internal)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        chat_id,
        "" if number % 20 == 9 else name,
        owner,
        made,
        chance.choice(NOTICES),
        int(internal),
    )
    others = chance.sample(plan.serving, min(len(plan.serving), chance.randint(1, 3)))
    staff = [owner, *(userid for userid in others if userid != owner)]
    rows: list[tuple[str | int, ...]] = [
        (
            chat_id,
            userid,
            EMPLOYEE,
            made,
            INVITED,
            owner if place else "",
            "",
            "",
            int(place == 1),
        )
        for place, userid in enumerate(staff)
    ]
    if not internal:
        rows += outsiders(plan, crowd, strangers, chat_id, owner, made)
    corp.run_many(MEMBER, rows)


def outsiders(
    plan: "Plan",
    crowd: "Crowd",
    strangers: list[str],
    chat_id: str,
    owner: str,
    made: int,
) -> list[tuple[str | int, ...]]:
    chance = plan.chance
    size = min(chance.choices(*SIZES)[0], 3 + plan.contacts // 10)
    size = chance.randint(size // 2 + 1, size)
    known = crowd.customers_of[owner] or crowd.customers_of[crowd.busy[0]]
    wanted = chance.sample(known, min(size, len(known)))
    wanted += chance.sample(strangers, min(len(strangers), size // 10 + 1))
    rows: list[tuple[str | int, ...]] = []
    for member in wanted:
        scene = chance.choice((INVITED, BY_LINK, BY_CODE, BY_CODE))
        rows.append(
            (
                chat_id,
                member,
                OUTSIDER,
                chance.randint(made, plan.at),
                scene,
                owner if scene == INVITED else "",
                "jw_1" if scene == BY_CODE and chance.random() < 0.3 else "",
                "群里的我" if chance.random() < 0.1 else "",
                0,
            )
        )
    return rows
