"""Campaigns from the phone: looked at, joined, won, drawn, bought together."""

import pytest

from apps.audit.models import AuditRow
from apps.behaviour.models import Behaviour
from apps.campaigns.draw import is_right
from apps.campaigns.keep import Prize
from apps.campaigns.launch import close
from apps.campaigns.models import Campaign, Draw, Grant, Reward
from tests import make
from tests.campaigns.given import a_campaign, a_draft, conserved
from tests.conftest import day
from tests.miniprogram.client import signed_in
from tests.orders.telling import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def second_day(time_machine):
    time_machine.move_to(day(2))


def gifts(stock: int = 2, **fields):
    """Whoever takes part may claim one."""
    prize = Prize(name="茶杯", needed=0, initial=stock, **fields)
    return a_campaign(prize, kind="coupon", award="claimed")


def claim(phone, campaign, key="k"):
    number = campaign.rewards.get().pk
    return phone.post(f"campaigns/{campaign.slug}/prizes/{number}/claim", key=key)


class TestCampaigns:
    def test_shows_what_goes_on_and_what_i_take_part_in(self):
        a_draft(name="草稿")
        going_on, over = a_campaign(name="春茶"), a_campaign(name="过去")
        phone = signed_in()
        phone.post(f"campaigns/{over.slug}/join")
        close(campaign=over, by=None, at=day(2))

        told = phone.get("campaigns").json()["data"]

        shown = {each["name"]: (each["state"], each["joined"]) for each in told}
        assert shown == {"春茶": ("open", False), "过去": ("over", True)}
        other = signed_in(make.contact("乙"))
        assert [c["name"] for c in other.get("campaigns").json()["data"]] == ["春茶"]
        assert other.get(f"campaigns/{over.slug}").status_code == 404
        assert going_on.joined == 0

    def test_shows_prizes_and_the_rules_that_decide(self):
        campaign = gifts()

        told = signed_in().get(f"campaigns/{campaign.slug}").json()

        assert (told["claimed"], told["credited"], told["rules"]) == (
            *(True, "first"),
            "邀请好友",
        )
        assert [(p["name"], p["left"]) for p in told["prizes"]] == [("茶杯", 2)]

    def test_a_draft_is_not_there(self):
        draft, phone = a_draft(), signed_in()

        assert phone.get(f"campaigns/{draft.slug}").status_code == 404
        assert phone.post(f"campaigns/{draft.slug}/join").status_code == 404

    def test_is_joined_once(self):
        campaign, phone = a_campaign(), signed_in()

        answers = [phone.post(f"campaigns/{campaign.slug}/join") for _ in range(2)]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert Campaign.objects.get().joined == 1

    def test_says_why_it_cannot_be_joined(self):
        campaign = a_campaign(join_cap=1)
        signed_in().post(f"campaigns/{campaign.slug}/join")

        answer = signed_in(make.contact("乙")).post(f"campaigns/{campaign.slug}/join")

        assert answer.status_code == 409
        assert answer.json()["detail"].endswith("[campaign_full]")


class TestClaim:
    def test_needs_a_key_and_gives_the_same_answer_again(self):
        """Attack 21."""
        campaign, phone, other = gifts(), signed_in(), signed_in(make.contact("乙"))
        for each in (phone, other):
            each.post(f"campaigns/{campaign.slug}/join")
        number = campaign.rewards.get().pk
        address = f"/api/v1/mini/campaigns/{campaign.slug}/prizes/{number}/claim"

        bare = phone.http.post(address, headers=phone.headers)
        first, again, others = (claim(p, campaign) for p in (phone, phone, other))

        assert bare.json()["code"] == "idempotency_key_missing"
        assert first.status_code == again.status_code == others.status_code == 201
        assert first.json() == again.json() != others.json()
        assert Grant.objects.count() == 2
        assert conserved(campaign.rewards.get())

    def test_is_refused_once_nothing_is_left_and_nothing_is_lost(self):
        campaign = gifts(stock=1)
        phones = [signed_in(make.contact()) for _each in range(3)]
        for phone in phones:
            phone.post(f"campaigns/{campaign.slug}/join")

        answers = [claim(phone, campaign) for phone in phones]

        assert [answer.status_code for answer in answers] == [201, 409, 409]
        assert answers[1].json()["detail"].endswith("[out_of_stock]")
        assert conserved(campaign.rewards.get())

    def test_is_not_there_for_whoever_does_not_take_part(self):
        assert claim(signed_in(), gifts()).status_code == 404

    def test_of_another_campaign_is_not_there(self):
        """Attack 13."""
        mine, other, phone = gifts(), gifts(), signed_in()
        phone.post(f"campaigns/{mine.slug}/join")
        number = other.rewards.get().pk

        answer = phone.post(f"campaigns/{mine.slug}/prizes/{number}/claim")

        assert answer.status_code == 404
        assert not Grant.objects.exists()

    def test_by_one_visitor_is_slowed(self):
        """Attack 20."""
        campaign, phone = gifts(), signed_in()
        phone.post(f"campaigns/{campaign.slug}/join")

        answers = [claim(phone, campaign, key=f"k{n}") for n in range(60)]

        assert answers[-1].status_code == 429
        assert int(answers[-1]["Retry-After"]) > 0
        assert Grant.objects.count() == 1


class TestPrizes:
    def test_are_shown_to_whoever_won_them_alone(self):
        campaign, phone = gifts(), signed_in()
        phone.post(f"campaigns/{campaign.slug}/join")
        won = claim(phone, campaign).json()

        assert phone.get("me/prizes").json()["data"] == [won]
        assert signed_in(make.contact("乙")).get("me/prizes").json()["data"] == []

    def test_are_redeemed_by_a_shop_and_by_nobody_twice(self):
        campaign, phone = gifts(), signed_in()
        phone.post(f"campaigns/{campaign.slug}/join")
        code = claim(phone, campaign).json()["redeem_code"]
        shop = Shop(make.key("prizes:redeem"))

        good = shop.ask(f"/api/v1/redemptions/{code.lower()}")
        used = shop.tell({"code": code}, address="/api/v1/redemptions")
        again = shop.tell({"code": code}, address="/api/v1/redemptions")
        itself = phone.http.post("/api/v1/redemptions", headers=phone.headers)

        assert (good.status_code, good.json()["status"]) == (200, "granted")
        assert (used.status_code, used.json()["status"]) == (201, "delivered")
        assert again.json()["detail"].endswith("[already_delivered]")
        assert itself.status_code == 401
        assert phone.get("me/prizes").json()["data"][0]["status"] == "delivered"
        assert AuditRow.objects.filter(deed="prize_delivered").count() == 1

    def test_are_sent_where_the_winner_says_and_nobody_else(self):
        """Attacks 11 and 14."""
        campaign, phone = gifts(kind=Reward.Kind.PHYSICAL), signed_in()
        phone.post(f"campaigns/{campaign.slug}/join")
        won = claim(phone, campaign).json()
        where = {"name": "张三", "phone": "13800000001", "place": "杭州"}
        path = f"me/prizes/{won['id']}/address"

        stranger = signed_in(make.contact("乙")).post(path, where)
        more = phone.post(path, {**where, "status": "delivered"})
        told = phone.post(path, where)

        statuses = [a.status_code for a in (stranger, more, told)]
        assert statuses == [404, 400, 204]
        shown = phone.get("me/prizes")
        assert shown.json()["data"][0]["needs_address"] is False
        assert "13800000001" not in shown.content.decode()


class TestDraw:
    def test_is_computed_again_by_whoever_likes(self):
        prize = Prize(name="茶", initial=50, weight=10_000, per_person=5)
        campaign = a_campaign(prize, kind="lottery", terms={"free": 2, "most": 2})
        phone = signed_in()
        phone.post(f"campaigns/{campaign.slug}/join")
        path = f"campaigns/{campaign.slug}/draws"

        drawn = [phone.post(path, key=f"k{n}") for n in range(3)]

        assert [each.status_code for each in drawn] == [201, 201, 409]
        shown = phone.get(path).json()
        assert (len(shown["data"]), shown["left"]) == (2, 0)
        assert shown["data"][0]["secret"] == ""
        close(campaign=campaign, by=None, at=day(2))
        for made, told in zip(
            Draw.objects.all(), phone.get(path).json()["data"], strict=True
        ):
            assert is_right(made, secret=told["secret"])
        assert signed_in(make.contact("乙")).get(path).status_code == 404


class TestTeams:
    def test_are_opened_and_joined_by_friends_whose_names_are_masked(self):
        product = make.product()
        terms = {"product": product.pk, "size": 2, "hours": 24}
        campaign = a_campaign(kind="group_buy", terms=terms)
        ann, bob = signed_in(make.contact("张三丰")), signed_in(make.contact("李四光"))

        ref = ann.post(f"campaigns/{campaign.slug}/teams").json()["ref"]
        joined = bob.post(f"teams/{ref}/join")

        assert joined.status_code == 201
        members = bob.get(f"teams/{ref}").json()["members"]
        assert [(m["name"], m["is_me"], m["paid"]) for m in members] == [
            ("张*丰", False, False),
            ("李*光", True, False),
        ]
        assert ann.get("teams/nosuch").status_code == 404


class TestEvents:
    def test_are_kept_once_and_as_the_visitors_own(self):
        contact = make.contact()
        phone, other = signed_in(contact), signed_in(make.contact("乙"))
        told = {"events": [{"id": "v1", "kind": "content_viewed", "content": "茶"}]}

        outcomes = [
            each.post("events", told).json()["results"][0]["outcome"]
            for each in (phone, phone, other)
        ]

        assert outcomes == ["kept", "repeated", "kept"]
        assert Behaviour.objects.filter(contact=contact).count() == 1

    @pytest.mark.parametrize(
        "more", [{"contact": {"phone": "13800000001"}}, {"kind": "bought"}, {"id": 1}]
    )
    def test_are_of_nobody_else_and_of_no_other_kind(self, more):
        """Attacks 13 and 14."""
        event = {"id": "v1", "kind": "content_viewed", "content": "茶", **more}

        answer = signed_in().post("events", {"events": [event]})

        assert answer.status_code == 400
        assert not Behaviour.objects.exists()
