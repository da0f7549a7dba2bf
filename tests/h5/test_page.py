"""The page of a campaign on a phone: who is known by which address, what they may do
there, and that nobody learns anything of others."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.campaigns.keep import Prize
from apps.campaigns.launch import close
from apps.campaigns.models import Campaign, Grant, Participation
from apps.h5.link import address_of, give_link, take_link_back, token_of
from apps.referrals.models import Credit, Invite, Referral
from tests import make
from tests.campaigns.given import a_campaign
from tests.posters.designs import said_by

pytestmark = pytest.mark.django_db
HOSTILE = "\u202e<img src=x onerror=alert(1)>"
CODE = "https://work.weixin.qq.com/ca/cawcde0123456789"


@pytest.fixture
def campaign() -> Campaign:
    """It goes on; helpers reach a cup, which is claimed and sent."""
    now = timezone.now()
    prize = Prize(name="陶瓷杯", kind="physical", needed=1, initial=5)
    made = a_campaign(
        prize,
        at=now,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=3),
        award=Campaign.Award.CLAIMED,
        rules="邀请好友<script>alert(1)</script>",
    )
    made.channel.qr_text = CODE
    made.channel.save()
    return made


def mine_of(campaign: Campaign, name: str = "欧阳小雨") -> Participation:
    return give_link(
        campaign=campaign, contact=make.contact(name), by=None, at=timezone.now()
    )


def helped(mine: Participation, name: str) -> None:
    invite = Invite.objects.get(campaign=mine.campaign, contact=mine.contact)
    referral = Referral.objects.create(
        campaign=mine.campaign,
        invite=invite,
        contact=make.contact(name),
        at=timezone.now(),
    )
    Credit.objects.create(
        referral=referral, invite=invite, kind="helped", points=1, at=timezone.now()
    )
    Invite.objects.filter(pk=invite.pk).update(direct=1, total=1)


def seen(address: str, client: Client | None = None) -> str:
    answer = (client or Client()).get(address)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


class TestWhoIsKnown:
    def test_by_the_personal_address_alone_and_not_by_the_number_of_the_invite(
        self, campaign
    ):
        mine, other = mine_of(campaign), mine_of(campaign, "司马光")
        ref = Invite.objects.get(contact=mine.contact).ref
        number, _dash, proof = token_of(mine).partition("-")
        wrong = [ref, number, f"{number}-", f"{number}-{ref}", f"{other.pk}-{proof}"]
        wrong += [f"{number}-{proof[:-1]}", f"{'9' * 40}-{proof}", "x" * 500]

        assert "欧阳小雨" in seen(address_of(mine))
        for token in wrong:
            answer = Client().get(f"/h5/{campaign.slug}/{token}/")
            assert answer.status_code == 302, token
            assert answer["Location"] == f"/h5/{campaign.slug}/"
        another = a_campaign()
        answer = Client().get(f"/h5/{another.slug}/{token_of(mine)}/")
        assert answer.status_code == 302

    def test_a_link_that_was_taken_back_opens_what_everybody_sees(self, campaign):
        mine = mine_of(campaign)
        old = address_of(mine)
        again = give_link(
            campaign=campaign, contact=mine.contact, by=None, at=timezone.now()
        )
        assert address_of(again) == old

        take_link_back(
            campaign=campaign, contact=mine.contact, by=None, at=timezone.now()
        )

        assert Client().get(old).status_code == 302
        mine.refresh_from_db()
        assert "欧阳小雨" in seen(address_of(mine))
        deeds = AuditRow.objects.values_list("deed", flat=True)
        assert {"gave_link", "renewed_link"} <= set(deeds)

    def test_whoever_tries_addresses_is_turned_away_for_a_while(self, campaign):
        visitor = Client()
        codes = [
            visitor.get(f"/h5/{campaign.slug}/{number}-{'a' * 32}/").status_code
            for number in range(31)
        ]

        assert codes == [302] * 30 + [429]


class TestWhatIsSeen:
    def test_everybody_sees_the_campaign_its_code_and_nobodys_name_whole(
        self, campaign
    ):
        mine = mine_of(campaign)
        helped(mine, "诸葛孔明")
        page = seen(f"/h5/{campaign.slug}/")

        for words in (campaign.name, "陶瓷杯", "code.png", "欧**雨"):
            assert words in page
        assert "欧阳小雨" not in page and "<script>alert" not in page
        picture = Client().get(f"/h5/{campaign.slug}/code.png")
        assert picture["Content-Type"] == "image/png"
        assert said_by(picture.content) == CODE

    def test_helpers_are_masked_and_their_names_can_do_nothing(self, campaign):
        mine = mine_of(campaign, HOSTILE)
        helped(mine, "诸葛孔明")
        helped(mine, HOSTILE)
        page = seen(address_of(mine))

        assert "诸**明" in page and "诸葛孔明" not in page
        assert "<img src=x" not in page and "\u202e" not in page

    def test_a_draft_is_not_there_and_one_that_is_over_says_so(self, campaign):
        mine = mine_of(campaign)
        close(campaign=campaign, by=make.root(), at=timezone.now())
        assert "活动已结束" in seen(address_of(mine))

        Campaign.objects.update(launched_at=None, status="draft")
        assert Client().get(f"/h5/{campaign.slug}/").status_code == 404
        assert Client().get(address_of(mine)).status_code == 404

    def test_the_poster_carries_the_participants_own_code(self, campaign):
        mine = mine_of(campaign)
        address = f"{address_of(mine)}poster.jpg"
        Invite.objects.update(config_id="c", qr_text=f"{CODE}?mine")

        assert said_by(Client().get(address).content) == f"{CODE}?mine"


class TestWhatIsDone:
    def test_a_prize_is_claimed_once_and_an_address_is_kept_sealed(self, campaign):
        mine, visitor = mine_of(campaign), Client()
        claim = f"{address_of(mine)}claim/"
        prize = campaign.rewards.get()

        visitor.post(claim, {"prize": prize.pk})
        assert "told-bad" in seen(address_of(mine), visitor)  # why not
        assert not Grant.objects.exists()

        helped(mine, "诸葛孔明")
        visitor.post(claim, {"prize": prize.pk})
        visitor.post(claim, {"prize": prize.pk})
        grant = Grant.objects.get()
        told = {"name": "欧阳", "phone": "13800001402", "place": "上海市人民路 1 号"}
        visitor.post(f"{address_of(mine)}address/", {"grant": grant.pk, **told})

        grant.refresh_from_db()
        assert grant.address and b"13800001402" not in bytes(grant.address)
        page = seen(address_of(mine), visitor)
        assert "13800001402" not in page and grant.redeem_code in page

    def test_nobody_claims_for_another_nor_from_another_site(self, campaign):
        mine, other = mine_of(campaign), mine_of(campaign, "司马光")
        helped(mine, "诸葛孔明")
        prize = campaign.rewards.get()
        strict = Client(enforce_csrf_checks=True)

        assert (
            strict.post(f"{address_of(mine)}claim/", {"prize": prize.pk}).status_code
            == 403
        )
        assert Client().get(f"{address_of(mine)}claim/").status_code == 405
        Client().post(f"{address_of(mine)}claim/", {"prize": prize.pk})
        grant = Grant.objects.get()
        told = {"grant": grant.pk, "name": "x", "phone": "13800001402", "place": "y"}
        answer = Client().post(f"{address_of(other)}address/", told)
        assert answer.status_code == 404
        foreign = a_campaign().rewards.get()
        answer = Client().post(f"{address_of(mine)}claim/", {"prize": foreign.pk})
        assert answer.status_code == 404

    def test_too_many_claims_are_put_off(self, campaign):
        mine, visitor = mine_of(campaign), Client()
        address = f"{address_of(mine)}claim/"
        prize = {"prize": campaign.rewards.get().pk}

        codes = [visitor.post(address, prize).status_code for _ in range(21)]

        assert codes == [302] * 20 + [429]
