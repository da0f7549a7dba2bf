"""The ids of every kind by which contacts are known."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.contacts.emails import email_digest, plain_email, without_slips
from apps.contacts.follow import start_follows
from apps.contacts.identities import Id, Known, holders_of, keep_ids
from apps.contacts.merge import merge
from apps.contacts.models import Contact, Identity, Proposal
from apps.contacts.rows import FollowRow, Profile
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

PERSON = EventRecord.Source.PERSON
PHONE = Id("phone", "138 0000 5678")
EMAIL = Id("email", "Zhang.San@Example.com")
UNION = Id("union", "o-1")


def keep(of: Contact, *ids: Id, verified: bool = False, at=None):
    told = [Known(of.pk, told, verified) for told in ids]
    return keep_ids(told, source=PERSON, at=at or day(2))


class TestWhatIsKept:
    def test_an_id_of_every_kind_stands_with_its_source_and_when_it_was_seen(self):
        contact = make.contact()
        keep(
            contact,
            *(PHONE, EMAIL, UNION, Id("external", "wm-1"), Id("open", "op", "wxapp")),
            Id("other", "4711", "有赞"),
        )

        kept = Identity.objects.filter(contact=contact)
        assert set(kept.values_list("kind", "system", "verified")) == {
            ("phone", "", False),
            ("email", "", False),
            ("union", "", True),
            ("external", "", True),
            ("open", "wxapp", True),
            ("other", "有赞", False),
        }
        assert set(kept.values_list("source", "first_seen_at", "last_seen_at")) == {
            ("person", day(2), day(2))
        }

    def test_phones_and_emails_are_kept_sealed(self):
        keep(make.contact(), PHONE, EMAIL)

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(concat(value, sealed, digest, tail_digest), ' ')"
                " FROM contacts_identity"
            )
            [stored] = cursor.fetchone()
        for bare in ("0000", "xample", "hang"):
            assert bare not in stored
            assert bare.encode().hex() not in stored
        assert set(Identity.objects.values_list("value", flat=True)) == {""}

    def test_told_again_it_was_seen_again_and_is_no_second_row(self):
        contact = make.contact()
        keep(contact, PHONE, UNION, at=day(5))
        keep(contact, Id("phone", "+86 13800005678"), UNION, at=day(9))
        keep(contact, PHONE, UNION, at=day(1))

        seen = Identity.objects.values_list("first_seen_at", "last_seen_at")
        assert list(seen) == [(day(1), day(9))] * 2

    def test_a_phone_may_be_proven_later(self):
        contact = make.contact()
        keep(contact, PHONE)
        keep(contact, PHONE, verified=True)
        keep(contact, PHONE)

        assert Identity.objects.get().verified

    def test_an_open_id_is_another_one_in_another_app(self):
        one, other = make.contact(), make.contact()
        keep(one, Id("open", "same", "wx-a"))
        assert keep(other, Id("open", "same", "wx-b")) == []
        assert Identity.objects.count() == 2

    def test_nothing_is_no_id(self):
        keep(
            make.contact(), Id("phone", "无"), Id("email", "无"), Id("other", " ", "x")
        )
        assert not Identity.objects.exists()

    def test_whoever_was_merged_away_gives_it_to_the_winner(self):
        winner, loser = make.contact(), make.contact()
        merge(winner=winner, loser=loser, at=day(2))

        keep(loser, UNION)

        assert Identity.objects.get().contact == winner

    def test_a_thousand_go_as_one_does(self):
        contacts = [make.contact() for _ in range(50)]
        rows = [
            Known(c.pk, Id("phone", f"1380000{n:04d}")) for n, c in enumerate(contacts)
        ]
        with CaptureQueriesContext(connection) as asked:
            keep_ids(rows, source=PERSON, at=day(2))
        assert len(asked) <= 3
        assert Identity.objects.count() == 50


class TestTwoWithOneId:
    @pytest.mark.parametrize(
        ("told", "verified", "certain"),
        [
            (UNION, False, True),
            (Id("external", "wm-1"), False, True),
            (PHONE, True, True),
            (Id("open", "op", "wxapp"), False, False),
            (Id("other", "4711", "有赞"), False, False),
            (EMAIL, True, False),
        ],
    )
    def test_may_be_one_person(self, told, verified, certain):
        one, other = make.contact(), make.contact()
        keep(one, told, verified=verified)
        [pair] = keep(other, told, verified=verified)

        proposal = Proposal.objects.get()
        assert (proposal.low, proposal.high) == (one, other)
        assert proposal.certain is certain
        assert proposal.confidence == pair.confidence

    def test_also_when_both_are_told_at_once(self):
        one, other = make.contact(), make.contact()
        told = [Known(one.pk, UNION), Known(other.pk, UNION)]
        told += [Known(one.pk, PHONE, True), Known(other.pk, PHONE, True)]

        keep_ids(told, source=PERSON, at=day(2))

        assert Proposal.objects.get().certain
        assert Identity.objects.filter(kind="union").get().contact == one
        phones = Identity.objects.filter(kind="phone").order_by("pk")
        assert [(p.contact, p.verified) for p in phones] == [
            (one, True),
            (other, False),
        ]

    def test_a_phone_that_nobody_proved_may_be_shared(self):
        one, other = make.contact(), make.contact()
        assert keep(one, PHONE) == keep(other, PHONE) == []
        assert Identity.objects.count() == 2

    def test_wecom_tells_of_a_union_id_that_a_shop_told_of_before(self):
        buyer = make.contact("买家")
        keep(buyer, UNION)
        ann = make.employee()
        rows = [
            FollowRow(
                external_id=f"wm-{n}",
                employee_id=ann.pk,
                began_at=day(3),
                profile=Profile(name="张三", kind=1, union_id=union_id),
                read_at=day(4),
            )
            for n, union_id in enumerate(["o-1", "o-2", "o-3", "o-3"])
        ]

        start_follows(rows, source=EventRecord.Source.FIRST_PULL)

        found = Proposal.objects.all()
        assert [p.certain for p in found] == [True, True]
        of = dict(Identity.objects.external().values_list("value", "contact_id"))
        assert {(p.low_id, p.high_id) for p in found} == {
            (buyer.pk, of["wm-0"]),
            (of["wm-2"], of["wm-3"]),
        }


class TestWhoIsBehind:
    def test_an_id_of_any_kind(self):
        one, other = make.contact(), make.contact()
        keep(one, PHONE, EMAIL, UNION)
        keep(other, Id("other", "4711", "有赞"))
        asked = [
            Id("phone", "+8613800005678"),
            Id("email", "ZHANG.san@example.COM "),
            UNION,
            Id("other", "4711", "有赞"),
            Id("other", "4711", "微盟"),
            Id("phone", "无"),
        ]

        assert holders_of(asked) == {
            asked[0]: one.pk,
            asked[1]: one.pk,
            asked[2]: one.pk,
            asked[3]: other.pk,
        }

    def test_whoever_proved_it_before_whoever_is_known_longer(self):
        one, other = make.contact(), make.contact()
        keep(one, PHONE)
        keep(other, PHONE, verified=True)

        assert holders_of([PHONE]) == {PHONE: other.pk}

    def test_nobody_who_was_merged_away(self):
        winner, loser = make.contact(), make.contact()
        keep(winner, PHONE)
        keep(loser, PHONE)
        merge(winner=winner, loser=loser, at=day(3))

        assert holders_of([PHONE]) == {PHONE: winner.pk}


class TestEmails:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("zhang.san@gmail.com", "zhangsan+shop@gmail.com"),
            ("zhangsan@gmail.com", "zhangsan@gmial.com"),
            ("zhangsan@qq.com", "zhangsan@qq.con"),
            ("zhangsan@qq.com", "zhangsann@qq.com"),
            ("zhangsan@qq.com", "zhnagsan@qq.com"),
            ("zhang0san@163.com", "zhangosan@163.com"),
        ],
    )
    def test_almost_the_same(self, one, other):
        assert email_digest(one) != email_digest(other)
        assert without_slips(one) == without_slips(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("12345678@qq.com", "12345687@qq.com"),
            ("zhangsan@qq.com", "zhangsan@163.com"),
            ("li.na@qq.com", "an.li@qq.com"),
            ("wangwei@qq.com", "wangwei1@qq.com"),
        ],
    )
    def test_somebody_else(self, one, other):
        assert without_slips(one) != without_slips(other)

    @pytest.mark.parametrize(
        "text", ["", "无", "a@b", "a b@c.com", "@c.com", "a@@c.com"]
    )
    def test_no_address(self, text):
        assert plain_email(text) == ""

    def test_of_one_width_and_in_small_letters(self):
        assert plain_email(" Ｚhang＠QQ.com ") == "zhang@qq.com"
