"""Who signs in from the mini-program: said by WeChat alone, over real HTTP."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.common.models import Allowance
from apps.contacts.forget import ask_to_erase
from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.merge import merge
from apps.contacts.models import Contact, Identity, Proposal
from apps.miniprogram.models import Session, Token
from apps.miniprogram.tasks import forget_tokens
from apps.miniprogram.tokens import RENEWS
from tests import make
from tests.backoffice.attacked import everything
from tests.conftest import day
from tests.miniprogram.client import Phone, signed_in

pytestmark = pytest.mark.django_db

UNION = "oUnionOfZhang"


@pytest.fixture
def phone(corp, sandbox):
    return Phone(corp, unionid=UNION, type=1)


def known_by(contact, kind, value, system=""):
    told = Known(contact.pk, Id(kind, value, system))
    keep_ids([told], source="client", at=day(1))


class TestSignIn:
    def test_finds_the_contact_by_the_union_id_that_wecom_told(self, phone):
        contact = make.contact("张三丰")
        known_by(contact, "union", UNION)

        assert phone.sign_in().status_code == 201

        assert phone.get("me").json()["name"] == "张三丰"
        assert Contact.objects.count() == 1

    def test_makes_a_stranger_a_contact_once(self, corp, sandbox, settings):
        phone = Phone(corp, bound=False)

        assert phone.sign_in().status_code == phone.sign_in().status_code == 201

        contact = Contact.objects.get()
        [identity] = contact.identities.all()
        assert (identity.kind, identity.system) == ("open", settings.MINIPROGRAM_APP_ID)

    def test_takes_a_code_once(self, phone):
        """Attack 17."""
        code = phone.login_code()

        assert phone.sign_in(code).status_code == 201
        again = phone.sign_in(code)

        assert (again.status_code, again.json()["code"]) == (401, "not_authenticated")
        assert again["WWW-Authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("name", ["unionid", "openid", "external_userid", "appid"])
    def test_believes_no_id_that_a_visitor_sends(self, phone, name):
        """Attack 17."""
        known_by(make.contact(), "union", "oUnionOfLi")

        answer = phone.post("sign-in", {"code": phone.login_code(), name: "oUnionOfLi"})

        assert answer.status_code == 400
        assert not Session.objects.exists()

    def test_keeps_neither_the_key_of_the_session_nor_a_token(self, phone):
        answer = phone.sign_in()

        assert "session_key" not in answer.content.decode()
        kept = str(everything())
        assert phone.access not in kept and phone.refresh not in kept

    @pytest.mark.parametrize(
        ("rule", "status"),
        [
            ({"do": -1}, 503),
            ({"do": "http500"}, 503),
            ({"do": "half_closed"}, 503),
            ({"do": 40226}, 409),
            ({"do": 40125}, 409),
        ],
    )
    def test_says_so_when_wechat_does_not_answer(self, phone, sandbox, rule, status):
        sandbox.faults.replace([{"api": "sns/*", **rule}])

        answer = phone.sign_in()

        assert answer.status_code == status
        assert "secret" not in answer.content.decode()

    def test_is_refused_where_no_miniprogram_is_set_up(self, phone, settings):
        settings.MINIPROGRAM_APP_ID = ""

        assert phone.sign_in().json()["detail"].endswith("[no_miniprogram]")

    def test_is_for_so_many_behind_one_address(self, phone):
        """Attack 20: a thousand sign-ups."""
        assert phone.sign_in("none").status_code == 401
        Allowance.objects.update(used=300)

        answer = phone.sign_in("none")

        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 600


class TestTokens:
    """Attack 19."""

    def test_open_nothing_once_they_are_over(self):
        phone = signed_in()
        assert phone.get("me").status_code == 200

        with time_machine.travel(timezone.now() + timedelta(hours=2, seconds=1)):
            assert phone.get("me").status_code == 401
            assert phone.renew().status_code == 201
            assert phone.get("me").status_code == 200

    def test_are_renewed_as_a_pair(self):
        phone = signed_in()
        old = phone.access

        phone.renew()

        assert phone.get("me").status_code == 200
        phone.access = old
        assert phone.get("me").status_code == 401

    def test_that_are_shown_again_end_the_whole_session(self):
        phone = signed_in()
        stolen = phone.refresh
        phone.renew()

        assert Phone().renew(stolen).status_code == 401

        assert phone.get("me").status_code == 401
        assert phone.renew().status_code == 401
        assert Session.objects.get().ended_by == "reuse"

    def test_end_with_signing_out(self):
        phone, other = signed_in(make.contact("甲")), signed_in(make.contact("乙"))

        assert phone.post("sign-out").status_code == 204

        assert phone.get("me").status_code == phone.renew().status_code == 401
        assert other.get("me").status_code == 200

    def test_end_when_their_contact_is_being_erased(self):
        contact = make.contact()
        phone = signed_in(contact)

        ask_to_erase(
            contact=contact, ground="asked", reference="", by=make.root(), at=day(1)
        )

        assert phone.get("me").status_code == phone.renew().status_code == 401

    def test_lead_to_whom_the_contact_was_merged_into(self):
        loser, keeper = make.contact("张三"), make.contact("张三丰")
        phone = signed_in(loser)

        merge(winner=keeper, loser=loser, by=make.root(), at=day(2))

        assert phone.get("me").json()["name"] == "张三丰"

    @pytest.mark.parametrize(
        "shown",
        [
            "",
            "mini_",
            "mini_x",
            "scrm_x",
            "mini_" + "x" * 500,
            "eyJhbGciOiJub25lIn0.e30.",
        ],
    )
    def test_cannot_be_made_up(self, shown):
        phone = signed_in()
        assert phone.renew(shown or "x").status_code == 401
        phone.access = shown
        assert phone.get("me").status_code == 401

    def test_of_one_kind_do_not_do_for_the_other(self):
        phone = signed_in()

        assert phone.renew(phone.access).status_code == 401
        phone.access = phone.refresh
        assert phone.get("me").status_code == 401

    def test_are_good_under_the_older_data_key(self, settings):
        phone = signed_in()

        settings.SCRM_DATA_KEYS = [bytes([9]) * 32, *settings.SCRM_DATA_KEYS]
        assert phone.get("me").status_code == 200
        phone.renew()
        settings.SCRM_DATA_KEYS = settings.SCRM_DATA_KEYS[:1]
        assert phone.get("me").status_code == 200

    def test_are_of_ten_sessions_at_most(self):
        contact = make.contact()
        phones = [signed_in(contact) for _each in range(11)]

        assert [phone.get("me").status_code for phone in phones] == [401, *[200] * 10]

    def test_are_forgotten_once_they_have_expired(self):
        signed_in()

        with time_machine.travel(timezone.now() + RENEWS + timedelta(seconds=1)):
            forget_tokens()

        assert not Token.objects.exists() and not Session.objects.exists()


class TestPhone:
    def test_is_bound_by_its_code_and_shown_masked(self, phone):
        phone.sign_in()

        answer = phone.bind("13800000001")

        assert (answer.status_code, answer.json()) == (201, {"phone": "138 **** 0001"})
        assert phone.get("me").json()["phone"] == "138 **** 0001"
        kept = Identity.objects.get(kind="phone")
        assert kept.verified
        told = AuditRow.objects.get(deed="phone_bound")
        assert (told.contact_id, told.after) == (kept.contact_id, {})

    def test_is_not_bound_twice_by_one_code(self, phone, corp):
        """Attack 18."""
        phone.sign_in()
        code = corp.do("give_phone", phone="13800000001")["code"]
        phone.post("me/phone", {"code": code})

        other = Phone(corp)
        other.sign_in()
        answer = other.post("me/phone", {"code": code})

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "#/code"
        assert Identity.objects.filter(kind="phone").count() == 1

    def test_that_somebody_has_proven_stays_theirs_until_they_are_one(self, phone):
        before = make.contact("李四")
        told = Known(before.pk, Id("phone", "13800000001"), verified=True)
        keep_ids([told], source="client", at=day(1))
        phone.sign_in()

        phone.bind("13800000001")

        holder = Identity.objects.get(kind="phone", verified=True)
        assert holder.contact == before
        assert Proposal.objects.get().certain

    def test_survives_a_token_that_wechat_has_ended(self, phone, corp):
        phone.sign_in()
        phone.bind("13800000001")
        corp.do("expire_tokens")

        assert phone.bind("13800000002").status_code == 201


class TestMembership:
    def test_shows_points_level_and_ledger_of_the_visitor_alone(self):
        contact = make.contact()
        make.points_entry(contact, points=300)
        make.points_entry(make.contact("别人"), points=5_000)
        phone = signed_in(contact)

        assert phone.get("me/membership").json()["points"] == 300
        [line] = phone.get("me/points").json()["data"]
        assert line["points"] == 300
        assert phone.get("levels").status_code == 200
