"""My invite, who helped me, and where I stand: with nobody's name and nobody's id."""

from base64 import b64decode
from datetime import timedelta

import pytest

from apps.campaigns.keep import Prize
from apps.referrals.graph import fold_all
from apps.referrals.models import Invite
from tests import make
from tests.campaigns.given import a_campaign
from tests.conftest import day
from tests.miniprogram.client import Phone, signed_in
from tests.posters.designs import said_by
from tests.referrals.invites import a_channel, comes_by

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def third_day(time_machine):
    time_machine.move_to(day(3))


@pytest.fixture
def campaign():
    prize = Prize(name="茶杯", needed=2, initial=5)
    return a_campaign(prize, award="claimed", channel_id=a_channel().pk)


def invite_of(phone: Phone, campaign) -> Invite:
    answer = phone.post(f"campaigns/{campaign.slug}/invite")
    assert answer.status_code == 201
    return Invite.objects.get(ref=answer.json()["ref"])


def claim(phone: Phone, campaign):
    number = campaign.rewards.get().pk
    return phone.post(f"campaigns/{campaign.slug}/prizes/{number}/claim")


def test_the_invite_is_mine_and_the_same_however_often_i_ask(campaign):
    phone = signed_in()

    assert invite_of(phone, campaign) == invite_of(phone, campaign)
    other = signed_in(make.contact("乙"))
    assert invite_of(other, campaign) != invite_of(phone, campaign)
    assert phone.get("campaigns").json()["data"][0]["joined"]


def test_the_poster_is_a_picture_that_says_my_own_code(campaign):
    phone = signed_in()
    path = f"campaigns/{campaign.slug}/poster"
    assert phone.get(path).status_code == 404  # who takes no part has none
    invite = invite_of(phone, campaign)
    assert phone.get(path).json() == {"image": None, "is_own": False}
    Invite.objects.filter(pk=invite.pk).update(
        config_id="c1", qr_text="https://work.weixin.qq.com/q/own"
    )

    answer = phone.get(path).json()

    assert answer["is_own"]
    assert said_by(b64decode(answer["image"])) == "https://work.weixin.qq.com/q/own"


def test_helpers_count_until_they_leave_and_are_shown_masked(campaign):
    phone = signed_in()
    path = f"campaigns/{campaign.slug}"
    invite = invite_of(phone, campaign)
    comes_by(invite, make.contact("欧阳明月"), at=day(2.5))
    assert claim(phone, campaign).json()["detail"].endswith("[not_reached]")

    comes_by(invite, make.contact("李四光"), at=day(2.6))
    comes_by(invite, make.contact("赵走"), at=day(2.7), left_at=day(2.8))
    fold_all()

    progress = phone.get(f"{path}/progress").json()
    assert (progress["helpers"], progress["rank"]) == (2, 1)
    assert progress["prizes"][0]["reached"] and not progress["prizes"][0]["won"]
    helpers = phone.get(f"{path}/helpers").json()["data"]
    assert [(h["name"], h["counts"], h["left"]) for h in helpers] == [
        ("赵*", False, True),
        ("李*光", True, False),
        ("欧**月", True, False),
    ]
    assert claim(phone, campaign).status_code == 201


def test_one_sees_ones_own_progress_alone(campaign):
    """Attacks 11 and 12."""
    phone, other = signed_in(), signed_in(make.contact("乙"))
    path = f"campaigns/{campaign.slug}"
    for n, at in enumerate((day(2.1), day(2.2), day(2.3))):
        comes_by(invite_of(phone, campaign), make.contact(f"友{n}"), at=at)
    further = phone.get(f"{path}/helpers", limit=1).json()["next"]

    assert other.get(f"{path}/progress").status_code == 404
    assert other.get(f"{path}/helpers").status_code == 404
    invite_of(other, campaign)
    assert other.get(f"{path}/helpers").json()["data"] == []
    stolen = other.http.get(further, headers=other.headers)
    assert (stolen.status_code, stolen.json()["code"]) == (400, "invalid_cursor")
    assert phone.http.get(further, headers=phone.headers).status_code == 200


def test_the_leaderboard_has_masked_names_and_my_own_place(campaign):
    first, second = signed_in(make.contact("张三丰")), signed_in(make.contact("李四"))
    mine = invite_of(second, campaign)
    invite = invite_of(first, campaign)
    for n in range(2):
        at = day(2) + timedelta(minutes=n)
        comes_by(invite, make.contact(f"友{n}"), at=at)
    comes_by(mine, make.contact("友三"), at=day(2))
    fold_all()

    board = second.get(f"campaigns/{campaign.slug}/leaderboard")

    assert [(r["rank"], r["name"], r["helpers"]) for r in board.json()["data"]] == [
        (1, "张*丰", 2),
        (2, "李*", 1),
    ]
    assert board.json()["me"] == board.json()["data"][1]
    assert "张三丰" not in board.content.decode()
