"""Whatever callback is lost, the report names exactly what differed, and it is mended.

Each case is one kind of loss: something happens in WeCom and nobody tells us.
"""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.sync.models import Difference
from apps.sync.pull import advance, start_pull
from apps.sync.reconcile import check, mend
from tests.sync.written import marks

pytestmark = pytest.mark.django_db(transaction=True)

Differs = tuple[str, str, str, str]  # thing, kind, about whom, field
HERE, THERE, OTHER = Difference.Kind.values
LONG_AGO = 3_600  # seconds; WeCom's answers may lag behind news of the last minute


class Scene:
    """A small corp that we know by heart, and what happens in it unheard."""

    def __init__(self, corp) -> None:
        self.corp = corp
        self.at = corp.now() - LONG_AGO

    def do(self, what: str, **about: Any) -> dict[str, Any]:
        return self.corp.do(what, at=self.at, **about)

    def row(self, statement: str, *values: Any) -> Any:
        return self.corp.rows(statement, *values)[0]

    @property
    def follow(self) -> Any:
        """One that both sides want, of a contact whom nobody else follows."""
        return self.row(
            "SELECT * FROM follow WHERE relation = 'mutual' GROUP BY external_userid"
            " HAVING count(*) = 1 ORDER BY external_userid"
        )

    @property
    def pair(self) -> dict[str, str]:
        follow = self.follow
        return {
            "userid": follow["userid"],
            "external_userid": follow["external_userid"],
        }

    @property
    def chat(self) -> str:
        return self.row("SELECT * FROM group_chat WHERE dismissed_at IS NULL")[
            "chat_id"
        ]


def told(pair: dict[str, str]) -> str:
    return f"{pair['userid'].lower()} · {pair['external_userid']}"


def added(scene: Scene) -> set[Differs]:
    done = scene.do("add")
    return {("follow", HERE, told(done), "")}


def dropped(scene: Scene) -> set[Differs]:
    return {("follow", THERE, told(scene.do("employee_drops", **scene.pair)), "")}


def remarked(scene: Scene) -> set[Differs]:
    done = scene.do("edit_remark", **scene.pair, remark="老客户·王总")
    return {("follow", OTHER, told(done), "remark")}


def phoned(scene: Scene) -> set[Differs]:
    done = scene.do("edit_phones", **scene.pair, mobiles=["13800138000"])
    assert done["news"] == []  # WeCom tells nobody of it
    return {("follow", OTHER, told(done), "phones")}


def labelled(scene: Scene) -> set[Differs]:
    tag = scene.do("tag_create")["id"]
    done = scene.do("put_tags", **scene.pair, add=[tag])
    return {("tag", HERE, tag, ""), ("follow", OTHER, told(done), "tags")}


def tag_renamed(scene: Scene) -> set[Differs]:
    return {("tag", OTHER, scene.do("tag_rename", name="重点")["id"], "name")}


def tag_deleted(scene: Scene) -> set[Differs]:
    tag = scene.do("tag_create")["id"]
    first_pull()
    scene.do("tag_delete", id=tag)
    return {("tag", THERE, tag, "")}


def transferred(scene: Scene) -> set[Differs]:
    pair = scene.pair
    done = scene.do(
        "transfer",
        handover=pair["userid"],
        external_userid=pair["external_userid"],
    )
    scene.do("transfer_complete", external_userid=pair["external_userid"])
    taken = {**pair, "userid": done["takeover"]}
    return {("follow", THERE, told(pair), ""), ("follow", HERE, told(taken), "")}


def joined(scene: Scene) -> set[Differs]:
    chat = scene.chat
    version = ("groupchat", OTHER, chat, "member version")
    who = scene.do("group_join", chat_id=chat)["members"]
    return {version, *(("stay", HERE, f"{chat} · {each}", "") for each in who)}


def left(scene: Scene) -> set[Differs]:
    chat = scene.chat
    version = ("groupchat", OTHER, chat, "member version")
    who = scene.do("group_leave", chat_id=chat)["members"]
    return {version, *(("stay", THERE, f"{chat} · {each}", "") for each in who)}


def group_renamed(scene: Scene) -> set[Differs]:
    chat = scene.chat
    scene.do("group_rename", chat_id=chat, name="新品体验群")
    return {("groupchat", OTHER, chat, "name")}


def dismissed(scene: Scene) -> set[Differs]:
    chat = scene.chat
    scene.do("group_dismiss", chat_id=chat)
    return {("groupchat", THERE, chat, "")}


def hired(scene: Scene) -> set[Differs]:
    who = scene.do("employee_create", departments=[1])["userid"].lower()
    return {("employee", HERE, who, "")}


def promoted(scene: Scene) -> set[Differs]:
    who = scene.pair["userid"]
    scene.do("employee_update", userid=who, position="总监")
    return {("employee", OTHER, who.lower(), "position")}


def resigned(scene: Scene) -> set[Differs]:
    who = scene.pair["userid"]
    scene.do("employee_resign", userid=who)
    owned = scene.corp.rows("SELECT chat_id FROM group_chat WHERE owner = ?", who)
    who = who.lower()
    return {
        ("employee", THERE, who, ""),
        ("employee", OTHER, who, "serves"),
        *(("groupchat", OTHER, chat["chat_id"], "status") for chat in owned),
    }


LOSSES = [
    *(added, dropped, remarked, phoned, labelled, tag_renamed, tag_deleted),
    *(transferred, joined, left, group_renamed, dismissed),
    *(hired, promoted, resigned),
]


@pytest.fixture
def scene(corp, sandbox):
    corp.populate(seed=5, employees=4, contacts=16, groups=2)
    first_pull()
    return Scene(corp)


def first_pull() -> None:
    pull = start_pull(by=None, at=timezone.now())
    advance(pull=pull)
    pull.refresh_from_db()
    assert pull.status == "done", pull.last_error


def named(differences) -> set[Differs]:
    return {(d.thing, d.kind, d.subject, d.field) for d in differences}


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
def test_what_nobody_told_us_of_is_named_and_mended(
    scene, lose: Callable[[Scene], set[Differs]]
):
    lost = lose(scene)
    before = marks()

    report = check()

    assert named(report.found) == lost
    assert marks() == before  # a check writes nothing

    mended = mend()
    assert named(mended.found) >= {d for d in lost if d[3] != "serves"}
    assert mended.pull.source == "reconcile"

    before = marks()
    assert mend().found == []
    assert marks() == before  # the second time there is nothing to write


def test_the_command_names_it_line_by_line_and_mends_it(scene):
    """`./run reconcile`: what differs, then what is left of it."""
    lost = remarked(scene) | phoned(scene)
    out = StringIO()

    call_command("reconcile", "--json", stdout=out)

    *lines, answer = out.getvalue().splitlines()
    for thing, kind, subject, field in lost:
        assert [x for x in lines if x.startswith(f"{thing} {kind} {subject} {field} ")]
    assert lines[len(lost) :] == ["2 differences", "0 differences"]
    assert json.loads(answer)["differences"] == {"follow different": 2}
    assert json.loads(answer)["left"] == {}
