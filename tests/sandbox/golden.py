"""The little corp of the golden files, and how an answer is held against a file.

Each file of tests/payloads/wecom is a list of calls in their order, written by hand
from the fact sheet. What WeCom makes up itself (tokens, cursors, new ids, versions)
stands in a file as tok_…, cur_…, new_… or ver_…; the first answer settles what it is.
"""

import json
import re
from pathlib import Path
from typing import Any

from apps.sandbox.corp import Corp
from apps.sandbox.credentials import Credentials

FILES = sorted((Path(__file__).parent.parent / "payloads/wecom").glob("*.json"))
MADE_UP = ("tok_", "cur_", "new_", "ver_")
ERROR = re.compile(
    r"[^,]+, (Warning: wrong json format\. )?hint: \[\d+\], from ip: [0-9a-f.:]+, "
    r"more info at https://open\.work\.weixin\.qq\.com/devtool/query\?e=(-?\d+)"
)

LONG_AGO = 1_690_000_000
FIRST = 1_700_000_000
NOW = 1_700_100_000

CREDENTIALS = Credentials(
    corp_id="ww1234567890abcdef",
    agent_id="1000002",
    app_secret="secret_app",
    callback_token="TESTtoken0123456",
    callback_aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    contacts_secret="secret_contacts",
    contacts_callback_token="TESTtoken6543210",
    contacts_callback_aes_key="GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba",
)


def little_corp(clock) -> Corp:
    """Four employees, a leaver, a handful of customers, three tag groups, six chats."""
    corp = Corp(credentials=CREDENTIALS, clock=clock)
    corp.knobs.turn(short_pages=0.0)
    found_company(corp)
    meet_customers(corp)
    open_chats(corp)
    corp.do("employee_resign", userid="sun", at=FIRST + 5000)
    return corp


def found_company(corp: Corp) -> None:
    with corp.changing():
        corp.run_many(
            'INSERT INTO department (id, name, name_en, parentid, "order")'
            " VALUES (?, ?, ?, ?, ?)",
            [
                (1, "示例公司", "", 0, 100000000),
                (2, "销售部", "Sales", 1, 10),
                (3, "华东组", "", 2, 5),
            ],
        )
        corp.run_many(
            "INSERT INTO employee (userid, name, position, mobile, gender,"
            " direct_leader, main_department, serves) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                ("lihua", "李华", "顾问", "13800000000", 1, "wang", 1, 1),
                ("qian", "钱多", "会计", "13800000004", 2, "", 1, 0),
                ("sun", "孙走", "顾问", "13800000005", 1, "", 1, 1),
                ("wang", "王强", "经理", "13800000001", 1, "", 1, 1),
                ("Zhao.Min@x", "赵敏", "顾问", "13800000003", 2, "", 3, 1),
            ],
        )
        corp.run_many(
            "INSERT INTO membership VALUES (?, ?, ?, ?, ?)",
            [
                ("lihua", 1, 1, 0, 0),
                ("lihua", 2, 2, 1, 1),
                ("qian", 1, 0, 0, 0),
                ("sun", 1, 0, 0, 0),
                ("wang", 1, 3, 1, 0),
                ("Zhao.Min@x", 3, 0, 0, 0),
            ],
        )


def meet_customers(corp: Corp) -> None:
    for id, made_by, name, order, tags in [
        ("etG0001", "app", "等级", 2, [("etT0001", "VIP", 2), ("etT0002", "普通", 1)]),
        ("etG0002", "console", "来源", 1, [("etT0003", "展会", 0)]),
        ("stG0001", "console", "华南", 0, [("stT0001", "重点", 0)]),
    ]:
        with corp.changing():
            corp.run(
                'INSERT INTO tag_group (id, name, create_time, "order", made_by,'
                " strategy_id) VALUES (?, ?, ?, ?, ?, ?)",
                *(id, name, LONG_AGO, order, made_by),
                1 if id.startswith("st") else None,
            )
        for tag, title, rank in tags:
            corp.do(
                "tag_create",
                id=tag,
                group_id=id,
                name=title,
                order=rank,
                made_by=made_by,
                at=LONG_AGO,
            )
    san = {"external_userid": "wmA0001"}
    corp.do(
        "add",
        **san,
        userid="lihua",
        name="张三",
        type=1,
        gender=1,
        unionid="oUnion0001",
        avatar="https://wx.example/a1",
        add_way=10,
        remark="张先生",
        oper_userid="lihua",
        at=FIRST,
    )
    about = {"description": "老客户", "company": "某公司"}
    corp.do("edit_remark", **san, userid="lihua", **about, at=FIRST)
    corp.do("edit_phones", **san, userid="lihua", mobiles=["13800000001"], at=FIRST)
    corp.do("put_tags", **san, userid="lihua", add=["etT0001", "stT0001"], at=FIRST)
    with corp.changing():
        corp.run("INSERT INTO personal_tag VALUES (1, '我的', '朋友')")
        corp.run(
            "UPDATE follow SET wechat_channels = ? WHERE id = 1",
            '{"nickname": "频道", "source": 1}',
        )
    corp.do(
        "add",
        **san,
        userid="wang",
        state="qr_1",
        add_way=1,
        remark="张",
        at=FIRST + 100,
    )
    plain = {"type": 1, "gender": 0, "unionid": "", "avatar": "", "add_way": 1}
    for who, name in [("wmA0002", "李四"), ("wmA0005", "周八")]:
        corp.do(
            "add",
            userid="lihua",
            external_userid=who,
            name=name,
            **plain,
            at=FIRST + 200,
        )
    corp.do(
        "customer_leaves", userid="lihua", external_userid="wmA0002", at=FIRST + 300
    )
    corp.do(
        "half_add",
        userid="lihua",
        external_userid="wmA0003",
        name="王五",
        **plain,
        at=FIRST + 400,
    )
    corp.do(
        "add",
        userid="wang",
        external_userid="wmA0004",
        name="赵六",
        **plain,
        at=FIRST + 500,
    )
    corp.do("employee_drops", userid="wang", external_userid="wmA0004", at=FIRST + 600)
    corp.do(
        "add",
        userid="wang",
        external_userid="woB0001",
        name="钱七",
        **plain | {"type": 2, "gender": 2, "add_way": 3},
        at=FIRST + 700,
    )
    corp.do(
        "add",
        userid="sun",
        external_userid="wmA0006",
        name="吴九",
        **plain,
        at=FIRST + 800,
    )


def open_chats(corp: Corp) -> None:
    corp.do(
        "group_create",
        chat_id="wrC0001",
        owner="lihua",
        name="销售客服群",
        members=["wmA0001"],
        at=FIRST + 1000,
    )
    corp.do("group_notice", chat_id="wrC0001", notice="公告", at=FIRST + 1000)
    corp.do(
        "group_join",
        chat_id="wrC0001",
        members=["wmS0001"],
        state="jw_1",
        at=FIRST + 1100,
    )
    with corp.changing():
        corp.run(
            "UPDATE person SET name = '路人', type = 1, gender = 0, unionid = ''"
            " WHERE external_userid = 'wmS0001'"
        )
    corp.do(
        "group_join",
        chat_id="wrC0001",
        members=["wang"],
        scene=1,
        invitor="lihua",
        at=FIRST + 1200,
    )
    with corp.changing():
        corp.run("UPDATE group_member SET admin = 1 WHERE member = 'wang'")
    for chat_id, owner, name in [
        ("wrC0002", "lihua", "散了"),
        ("wrC0003", "lihua", "内部群"),
        ("wrC0004", "wang", ""),
        ("wrC0005", "sun", "走了"),
        ("wrC0006", "wang", ""),
    ]:
        about = {"owner": owner, "name": name, "members": []}
        corp.do("group_create", chat_id=chat_id, **about, at=FIRST + 2000)
    corp.do("group_dismiss", chat_id="wrC0002", at=FIRST + 2100)
    with corp.changing():
        corp.run("UPDATE group_chat SET internal = 1 WHERE chat_id = 'wrC0003'")


class Replay:
    """What the made-up names of one file stand for."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def learn(self, golden: str, value: str) -> None:
        self.known[golden] = value

    def real(self, value: Any) -> Any:
        """The value as this corp must be asked it."""
        if isinstance(value, dict):
            return {name: self.real(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.real(one) for one in value]
        return self.known.get(value, value) if isinstance(value, str) else value

    def differences(self, golden: Any, given: Any, place: str = "") -> list[str]:
        """Where the answer is not what the file says; types count, texts of errors
        only by their form."""
        if type(golden) is not type(given):
            return [f"{place}: {given!r} instead of {golden!r}"]
        if isinstance(golden, dict):
            if golden.keys() != given.keys():
                return [f"{place}: keys {sorted(given)} instead of {sorted(golden)}"]
            return [
                found
                for name in golden
                for found in self.differences(
                    golden[name], given[name], f"{place}/{name}"
                )
            ]
        if isinstance(golden, list):
            if len(golden) != len(given):
                return [f"{place}: {len(given)} items instead of {len(golden)}"]
            pairs = enumerate(zip(golden, given, strict=True))
            return [
                found
                for number, (one, other) in pairs
                for found in self.differences(one, other, f"{place}/{number}")
            ]
        return [] if self.same(golden, given) else [f"{place}: {given!r} != {golden!r}"]

    def same(self, golden: Any, given: Any) -> bool:
        if golden == given:
            return True
        if not isinstance(golden, str):
            return False
        if golden.startswith(MADE_UP) and given:
            return self.known.setdefault(golden, given) == given
        form, other = ERROR.fullmatch(golden), ERROR.fullmatch(given)
        return bool(form and other) and form.groups() == other.groups()


def steps_of(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text("utf-8"))
