"""Who may be the same person, and what becomes of it."""

import pytest
from django.db import transaction

from apps.contacts.attributes import Told, set_values
from apps.contacts.follow import start_follows
from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.join import join_the_certain
from apps.contacts.merge import merge
from apps.contacts.models import (
    Attribute,
    Contact,
    Follow,
    Identity,
    Merge,
    Proposal,
    Uncompared,
)
from apps.contacts.proposals import (
    Alike,
    AlreadyDecided,
    later,
    never,
    propose,
    think_again,
    together,
)
from apps.contacts.reading_values import fields_of, read_value
from apps.contacts.resemble import compare_those_who_changed, start_walk, walk_on
from apps.contacts.rows import Details, FollowRow, Profile
from apps.contacts.tasks import compare
from apps.contacts.unmerge import undo
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

AT = day(9)


def knows(of: Contact, *ids: Id, verified: bool = False) -> None:
    told = [Known(of.pk, told, verified) for told in ids]
    keep_ids(told, source=EventRecord.Source.PERSON, at=day(2))


def phone(number: str) -> Id:
    return Id("phone", number)


def email(address: str) -> Id:
    return Id("email", address)


def lives_in(of: Contact, attribute: Attribute, city: str) -> None:
    [field] = fields_of([attribute])
    told = Told(of.pk, attribute.pk, read_value(field, city))
    set_values([told], source=EventRecord.Source.PERSON, at=day(2))


def compare_everybody(*, at, step: int = 20_000) -> None:
    """The whole walk."""
    start_walk(at=at)
    while walk_on(at=at, step=step):
        pass


def reasons() -> set[tuple[str, ...]]:
    return {tuple(p.reasons) for p in Proposal.objects.filter(status="open")}


@pytest.fixture(params=["who changed", "everybody"])
def look(request):
    """Compare; both ways must find the same."""

    def compare_them() -> None:
        if request.param == "everybody":
            compare_everybody(at=AT)
            return
        compare_those_who_changed(at=AT)
        assert not Uncompared.objects.exists()

    return compare_them


class TestWhatSpeaksForIt:
    def test_the_same_phone_that_nobody_proved(self, look):
        one, other = make.contact("张三"), make.contact("李四")
        knows(one, phone("13800005678"))
        knows(other, phone("+86 138-0000-5678"))

        look()

        found = Proposal.objects.get()
        assert (found.low, found.high) == (one, other)
        assert (found.reasons, found.confidence) == (["phone"], 75)
        assert not found.certain

    def test_with_the_same_name_it_is_more_likely(self, look):
        for _contact in range(2):
            knows(make.contact("张三"), phone("13800005678"))
        look()
        assert reasons() == {("phone", "name")}
        assert Proposal.objects.get().confidence == 82

    def test_the_same_email_and_almost_the_same(self, look):
        contacts = [make.contact(name) for name in ("甲一", "乙二", "丙三")]
        knows(contacts[0], email("zhangsan@qq.com"))
        knows(contacts[1], email("ZhangSan@qq.com"))
        knows(contacts[2], email("zhangsan@qq.con"))
        look()
        assert reasons() == {("email",), ("near",)}
        assert Proposal.objects.count() == 3

    def test_the_same_name_in_the_same_company(self, look):
        for corp in ("华为", "华为", "小米"):
            contact = make.contact("张三", corp_name=corp)
            Uncompared.objects.create(contact=contact)
        look()
        assert reasons() == {("company",)}

    def test_what_colleagues_wrote_into_their_remarks(self, look):
        ann = make.employee()
        one = make.follow(make.contact("小张"), employee=ann)
        other = make.contact("张三", corp_name="华为")
        Follow.objects.filter(pk=one.pk).update(remark="张三", remark_corp_name="华为")
        Uncompared.objects.create(contact=other)

        look()

        assert reasons() == {("company",)}

    def test_the_same_name_in_the_same_city(self, look):
        city = make.attribute("所在城市", tells_city=True)
        for written in ("上海市", " 上海", "北京"):
            lives_in(make.contact("张三"), city, written)
        lives_in(make.contact("李四"), city, "上海")
        look()
        assert reasons() == {("city",)}
        assert Proposal.objects.get().confidence == 40
        assert not Proposal.objects.get().certain

    def test_a_city_that_was_chosen_is_the_same_as_one_that_was_written(self, look):
        written = make.attribute("收货城市", tells_city=True)
        chosen = make.attribute("城市", "choice", options=["上海"], tells_city=True)
        lives_in(make.contact("张三"), written, "上海市")
        lives_in(make.contact("张三"), chosen, "上海")
        look()
        assert reasons() == {("city",)}

    def test_a_field_that_does_not_say_the_city_says_nothing(self, look):
        home = make.attribute("籍贯")
        for _contact in range(2):
            contact = make.contact("张三")
            lives_in(contact, home, "上海")
            Uncompared.objects.get_or_create(contact=contact)
        look()
        assert not Proposal.objects.exists()

    def test_of_a_name_that_hundreds_have_no_city_is_read(self, look, monkeypatch):
        """Else two of them would be proposed in each small town."""
        monkeypatch.setattr("apps.contacts.resemble.COMMON", 4)
        city = make.attribute("城市", tells_city=True)
        for name, many in (("张伟", 5), ("欧阳清风", 4)):
            for number in range(many):
                contact = make.contact(name)
                lives_in(contact, city, "上海" if number < 2 else f"{number}城")
        look()
        assert {p.low.name for p in Proposal.objects.all()} == {"欧阳清风"}

    def test_one_fact_is_not_counted_twice(self, look):
        city = make.attribute("城市", tells_city=True)
        for _contact in range(2):
            contact = make.contact("张三", corp_name="华为")
            lives_in(contact, city, "深圳")
            knows(contact, phone("13800005678"))
        look()
        assert reasons() == {("phone", "company")}

    def test_a_name_alone_says_nothing(self, look):
        for _contact in range(2):
            Uncompared.objects.create(contact=make.contact("张三"))
        look()
        assert not Proposal.objects.exists()

    def test_a_number_that_many_share_says_nothing(self, look):
        for _contact in range(6):
            knows(make.contact("张三"), phone("01088888888"))
        look()
        assert not Proposal.objects.exists()

    def test_nobody_is_like_whom_they_were_merged_with(self, look):
        one, other = make.contact(), make.contact()
        knows(one, phone("13800005678"))
        knows(other, phone("13800005678"))
        merge(winner=one, loser=other, at=day(3))
        look()
        assert reasons() == set()


class TestWhatIsProposed:
    def pair(self, *ids: Id) -> tuple[Contact, Contact]:
        one, other = make.contact("张三"), make.contact("李四")
        for contact in (one, other):
            knows(contact, *(ids or [phone("13800005678")]))
        return one, other

    def test_it_is_proposed_once(self, look):
        self.pair()
        look()
        compare_everybody(at=day(10))
        assert Proposal.objects.get().found_at == AT

    def test_what_speaks_for_it_no_more_is_taken_away(self, look):
        one, _other = self.pair()
        look()
        Identity.objects.filter(contact=one).delete()
        Uncompared.objects.get_or_create(contact=one)
        compare_those_who_changed(at=day(10))
        assert Proposal.objects.get().status == "gone"

        knows(one, phone("13800005678"))
        compare_those_who_changed(at=day(11))
        assert Proposal.objects.get().status == "open"

    def test_at_night_as_well(self):
        one, _other = self.pair()
        compare_everybody(at=AT)
        Identity.objects.filter(contact=one).delete()
        compare_everybody(at=day(10))
        assert Proposal.objects.get().status == "gone"

    def test_what_was_told_once_is_not_taken_away(self, look):
        self.pair(Id("other", "4711", "有赞"))
        look()
        compare_everybody(at=day(10))
        assert reasons() == {("other",)}

    def test_never_means_never_also_when_more_speaks_for_it(self, look):
        one, other = self.pair()
        look()
        never(proposal=Proposal.objects.get(), by=None, at=AT)
        for contact in (one, other):
            knows(contact, email("zhangsan@qq.com"), Id("union", "o-1"))
        look()
        assert Proposal.objects.get().status == "never"

    def test_never_holds_for_whoever_they_turned_out_to_be(self, look):
        one, other = self.pair()
        look()
        never(proposal=Proposal.objects.get(), by=None, at=AT)
        third = make.contact("王五")
        knows(third, phone("13800005678"))
        merge(winner=third, loser=one, at=AT)
        look()
        assert not Proposal.objects.filter(status="open").exists()
        assert other.pk

    def test_a_never_may_be_thought_over(self, look):
        self.pair()
        look()
        proposal = Proposal.objects.get()
        never(proposal=proposal, by=None, at=AT)
        with pytest.raises(AlreadyDecided):
            never(proposal=proposal, by=None, at=AT)
        think_again(proposal=proposal, by=make.user(), at=day(10))
        assert Proposal.objects.to_decide(at=AT).get() == proposal

    def test_later_is_not_now(self, look):
        self.pair()
        look()
        later(proposal=Proposal.objects.get(), until=day(16), by=make.user(), at=AT)
        assert not Proposal.objects.to_decide(at=day(15)).exists()
        assert Proposal.objects.to_decide(at=day(16)).exists()

    def test_signs_add_up_and_never_make_sure(self):
        assert together(["phone"]) == 75
        assert together(["phone", "email"]) == 95
        assert together(["phone", "email", "open", "other"]) == 100
        assert not Alike.of(2, 1, ["phone", "email", "open"]).certain


class TestOfWhomItIsCertain:
    def test_they_are_merged_without_asking_and_the_customer_of_wecom_wins(self):
        buyer = make.contact("买家")
        wecoms = make.follow(make.contact("微信客户")).identity.contact
        knows(buyer, Id("union", "o-1"))
        knows(wecoms, Id("union", "o-1"))

        [done] = join_the_certain(at=AT)

        assert (done.winner, done.loser, done.reasons) == (wecoms, buyer, ["union"])
        assert EventRecord.objects.get(kind="ContactsMerged").source == "system"
        assert Proposal.objects.get().status == "merged"

    def test_whom_somebody_took_apart_stays_apart(self):
        one, other = make.contact(), make.contact()
        knows(one, phone("13800005678"), verified=True)
        knows(other, phone("13800005678"), verified=True)
        [done] = join_the_certain(at=AT)
        undo(merge=done, at=day(10))

        knows(other, phone("13800005678"), verified=True)

        assert join_the_certain(at=day(11)) == []
        assert Merge.objects.count() == 1

    def test_three_become_one(self):
        contacts = [make.contact() for _ in range(3)]
        for n, contact in enumerate(contacts):
            knows(contact, Id("union", f"o-{n}"), Id("union", f"o-{(n + 1) % 3}"))

        for _minute in range(3):
            join_the_certain(at=AT)

        assert Contact.objects.current().get() == contacts[0]
        assert not Proposal.objects.filter(status="open").exists()


class TestTheWalk:
    def test_goes_step_by_step_and_meets_each_pair_once(self):
        contacts = [make.contact(f"客户{n}") for n in range(5)]
        for contact in contacts[::2]:
            knows(contact, phone("13800005678"))

        compare_everybody(at=AT, step=2)

        assert Proposal.objects.count() == 3
        assert not walk_on(at=AT)

    def test_a_step_that_failed_is_taken_again(self):
        knows(make.contact(), phone("13800005678"))
        knows(make.contact(), phone("13800005678"))
        start_walk(at=AT)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            walk_on(at=AT)
            raise ZeroDivisionError
        assert walk_on(at=AT)
        assert Proposal.objects.count() == 1


class TestWhoChanged:
    def told(self, *, source: EventRecord.Source, remark: str = "") -> None:
        ann = make.employee()
        row = FollowRow(
            external_id="wm-1",
            employee_id=ann.pk,
            began_at=day(3),
            profile=Profile(name="张三", kind=1),
            details=Details(remark=remark, phones=("13800005678",)),
            read_at=day(4),
        )
        start_follows([row], source=source)

    def test_what_wecom_tells_is_compared_within_a_minute(self):
        knows(make.contact("老张"), phone("13800005678"))
        self.told(source=EventRecord.Source.CALLBACK)
        compare()
        assert reasons() == {("phone",)}

    def test_a_first_pull_is_compared_at_night(self):
        self.told(source=EventRecord.Source.FIRST_PULL)
        assert not Uncompared.objects.exists()

    def test_what_says_nothing_new_is_not_compared_again(self):
        self.told(source=EventRecord.Source.CALLBACK)
        compare()
        row = Follow.objects.get()
        start_follows(
            [
                FollowRow(
                    external_id="wm-1",
                    employee_id=row.employee_id,
                    began_at=day(3),
                    profile=Profile(name="张三", kind=1),
                    details=Details(phones=("13800005678",)),
                    read_at=day(5),
                )
            ],
            source=EventRecord.Source.RECONCILE,
        )
        assert not Uncompared.objects.exists()

    def test_two_told_of_in_one_statement_keep_their_order(self):
        one, other = make.contact(), make.contact()
        propose([Alike.of(other.pk, one.pk, ["phone"])], at=AT)
        found = Proposal.objects.get()
        assert (found.low, found.high) == (one, other)
