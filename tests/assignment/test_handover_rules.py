"""How a handover is dealt out, and what stands in the way of an offer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.assignment.handover import (
    CannotTake,
    ChangedSince,
    NothingWaits,
    OutOfReach,
    TakerWish,
    Wish,
    begin,
    look,
    stop,
)
from apps.assignment.handover_models import Handover, Offer
from apps.assignment.handover_results import looked, transfer_failed
from apps.assignment.handover_send import contacts_asked, groups_asked
from apps.assignment.handover_split import Taker, Thing, split
from apps.assignment.handover_waits import contacts_of, leavers, since_90_days
from apps.assignment.models import Assignment
from apps.channels.codes import look_at
from apps.contacts.models import Follow
from apps.staff.models import Employee
from apps.wecom.models import Command
from tests import make

pytestmark = pytest.mark.django_db
Rule, State = Handover.Rule, Offer.State


def takers(*many, **more):
    return [Taker(employee=n, **more) for n in many]


def things(many):
    return [Thing(number=n) for n in range(1, many + 1)]


class TestTheSplit:
    def test_deals_evenly_to_within_one(self):
        given = split(things(100), takers(1, 2, 3), rule=Rule.EVEN).given
        counts = sorted(list(given.values()).count(n) for n in (1, 2, 3))
        assert counts == [33, 33, 34]

    def test_by_load_gives_most_to_whoever_has_fewest(self):
        dealt = [Taker(employee=1, has=50), Taker(employee=2, has=10)]
        given = list(split(things(60), dealt, rule=Rule.LOAD).given.values())
        assert (given.count(1), given.count(2)) == (10, 50)

    def test_by_department_fills_the_same_one_first(self):
        dealt = [Taker(employee=1), Taker(employee=2, is_near=True, most=3)]
        given = list(split(things(5), dealt, rule=Rule.NEAR).given.values())
        assert (given.count(1), given.count(2)) == (2, 3)

    def test_by_tag_goes_to_whoever_takes_it_and_else_to_whoever_takes_all(self):
        dealt = [Taker(employee=1, tags=frozenset([7])), Taker(employee=2)]
        some = [Thing(number=1, tags=frozenset([7])), Thing(number=2)]
        assert split(some, dealt, rule=Rule.TAG).given == {1: 1, 2: 2}

    def test_by_worth_each_gets_as_many_of_the_best(self):
        some = [Thing(number=n, worth=n) for n in range(1, 7)]
        given = split(some, takers(1, 2), rule=Rule.WORTH).given
        best = [given[n] for n in (6, 5, 4, 3)]
        assert sorted(best) == [1, 1, 2, 2]

    def test_whoever_knows_a_taker_goes_to_them(self):
        some = [*things(3), Thing(number=4, knows=frozenset([2]))]
        assert split(some, takers(1, 2), rule=Rule.EVEN).given[4] == 2

    def test_nobody_gets_more_than_they_take_and_the_rest_is_told(self):
        found = split(things(5), takers(1, most=2), rule=Rule.EVEN)
        assert len(found.given) == 2
        assert found.left == [3, 4, 5]

    def test_nobody_is_offered_to_whom_they_refused(self):
        tried = [Thing(number=1, tried=frozenset([1, 2]))]
        assert split(tried, takers(1, 2), rule=Rule.EVEN).left == [1]


@pytest.fixture
def leaver():
    """Somebody who left three contacts behind, one of whom had gone before."""
    sun = make.employee("孙走", left_at=timezone.now(), serves=False, status=5)
    by = [Follow.EndedBy.RESIGNED] * 3 + [Follow.EndedBy.CONTACT]
    for how in by:
        make.follow(employee=sun, ended_at=sun.left_at, ended_by=how)
    return sun


@pytest.fixture
def ann():
    return make.employee("安宁")


def wish(giver, *people, **more):
    chosen = tuple(TakerWish(employee=one.pk) for one in people)
    return Wish(giver=giver, takers=chosen, **more)


def begun(giver, *people, **more):
    at = timezone.now()
    wanted = wish(giver, *people, **more)
    mark = look(wanted, by=None, at=at).mark
    return begin(wanted, mark=mark, by=None, at=at)


def answered(made, errcode):
    """WeCom answers the call that waits, with the same for each."""
    command = Command.objects.filter(status="waiting").latest("pk")
    told = [
        {"external_userid": one, "errcode": errcode}
        for one in command.arguments["external_userid"]
    ]
    contacts_asked(
        result={"customer": told}, about=command.about, called_at=timezone.now()
    )
    command.delete()


def states(made):
    return sorted(made.offers.values_list("state", flat=True))


class TestWhatWaits:
    def test_is_what_ended_as_she_left_and_not_who_had_gone_before(self, leaver):
        assert contacts_of(leaver).count() == 3

    def test_is_told_with_the_day_until_which_wecom_keeps_it(self, leaver):
        (found,) = leavers(Employee.objects.all(), at=timezone.now())
        assert (found.employee, found.contacts) == (leaver, 3)
        assert found.ends_at == leaver.left_at + timedelta(days=365)

    def test_is_not_what_is_being_offered_already(self, leaver, ann):
        begun(leaver, ann)
        assert not contacts_of(leaver).exists()

    def test_of_somebody_on_leave_is_whom_she_is_connected_with(self, ann):
        on_leave = make.employee("假期")
        make.follow(employee=on_leave)
        make.follow(employee=on_leave, ended_at=timezone.now(), ended_by="contact")
        assert contacts_of(on_leave).count() == 1


class TestBeginning:
    def test_sends_nothing_while_it_is_only_looked_at(self, leaver, ann):
        seen = look(wish(leaver, ann), by=None, at=timezone.now())
        assert len(seen.contacts.given) == 3
        assert not Offer.objects.exists() and not Command.objects.exists()

    def test_is_refused_when_something_changed_since_the_preview(self, leaver, ann):
        seen = look(wish(leaver, ann), by=None, at=timezone.now())
        late = make.follow(employee=leaver)
        Follow.objects.filter(pk=late.pk).update(
            ended_at=leaver.left_at, ended_by="resigned"
        )
        with pytest.raises(ChangedSince):
            begin(wish(leaver, ann), mark=seen.mark, by=None, at=timezone.now())

    def test_of_nothing_is_refused(self, ann):
        with pytest.raises(NothingWaits):
            begun(make.employee(), ann)

    @pytest.mark.parametrize(
        "how", [{"serves": False}, {"status": 2}, {"left_at": timezone.now()}]
    )
    def test_takers_must_be_able_to_take(self, leaver, how):
        with pytest.raises(CannotTake):
            look(wish(leaver, make.employee(**how)), by=None, at=timezone.now())

    def test_nobody_takes_over_from_themselves(self, ann):
        with pytest.raises(CannotTake):
            look(wish(ann, ann), by=None, at=timezone.now())

    def test_reaches_no_further_than_whoever_does_it(self, leaver, ann):
        manager = make.user(role="manager", employee=make.employee("经理"))
        near = make.sees(manager, "self")
        with pytest.raises(OutOfReach):
            look(wish(leaver, ann), by=near, at=timezone.now())


class TestTheCalls:
    def test_carry_a_hundred_and_one_waits_for_the_other(self, leaver, ann):
        for _one in range(120):
            make.follow(employee=leaver, ended_at=leaver.left_at, ended_by="resigned")
        made = begun(leaver, ann)
        (first,) = Command.objects.all()
        assert first.call == "externalcontact.resigned_transfer_customer"
        assert len(first.arguments["external_userid"]) == 100
        answered(made, 0)
        (second,) = Command.objects.all()
        assert len(second.arguments["external_userid"]) == 23

    def test_of_whom_is_with_us_go_the_other_way_with_the_message(self, ann):
        on_leave = make.employee("假期")
        make.follow(employee=on_leave)
        begun(on_leave, ann, message="由安宁继续服务您")
        command = Command.objects.get()
        assert command.call == "externalcontact.transfer_customer"
        assert command.arguments["transfer_success_msg"] == "由安宁继续服务您"

    def test_are_not_made_for_whom_wecom_lets_move_no_more(self, ann):
        on_leave = make.employee("假期")
        moved = make.follow(employee=on_leave)
        for days in (10, 80):
            at = timezone.now() - timedelta(days=days)
            make.follow(
                moved.identity.contact,
                employee=make.employee(),
                started_at=at - timedelta(days=1),
                ended_at=at,
                ended_by=Follow.EndedBy.TRANSFER,
            )
        seen = look(wish(on_leave, ann), by=None, at=timezone.now())
        assert seen.too_often == {moved.identity_id}
        assert seen.is_empty

    def test_count_days_as_the_calendar_does(self):
        first = timezone.localtime(since_90_days(timezone.now()))
        assert (first.hour, first.minute) == (0, 0)

    def test_skip_a_taker_who_has_left_meanwhile(self, leaver, ann):
        ben = make.employee("贝")
        made = begun(leaver, ann, ben)
        Employee.objects.filter(pk=ben.pk).update(left_at=timezone.now())
        answered(made, 0)
        assert not made.offers.filter(state=State.QUEUED, taker=ben).exists()
        assert made.offers.filter(taker=ben, state=State.FAILED).count() == 1
        assert made.offers.filter(taker=ann, attempt=2).count() == 1


class TestTheAnswer:
    @pytest.mark.parametrize(
        ("errcode", "state"),
        [
            (0, State.OFFERED),
            (40131, State.LOST),
            (40096, State.LOST),
            (40128, State.TOO_OFTEN),
            (40129, State.FAILED),
            (40099, State.FULL),
        ],
    )
    def test_of_each_contact_is_kept_with_its_code(self, leaver, ann, errcode, state):
        made = begun(leaver, ann)
        answered(made, errcode)
        assert states(made) == [state] * 3
        assert set(made.offers.values_list("errcode", flat=True)) == {errcode or None}

    def test_full_takers_leave_it_to_the_next(self, leaver, ann):
        ben = make.employee("贝")
        made = begun(leaver, ann, ben)
        first = made.offers.filter(state=State.ASKED).first().taker
        answered(made, 40099)
        again = made.offers.filter(attempt=2)
        assert again.exists()
        assert first.pk not in again.values_list("taker", flat=True)

    def test_without_a_second_choice_nobody_else_is_asked(self, leaver, ann):
        made = begun(leaver, ann, make.employee(), second_choice=False)
        answered(made, 40099)
        assert not made.offers.filter(attempt=2).exists()


class TestTheResult:
    def offered(self, leaver, *people):
        made = begun(leaver, *people)
        answered(made, 0)
        return made, made.offers.filter(state=State.OFFERED).first()

    def tells(self, offer, status, **row):
        about = {
            "giver": offer.giver_id,
            "taker": offer.taker_id,
            "of_a_leaver": True,
            "accounts": ["a", "b"],
        }
        told = {"external_userid": offer.identity.value, "status": status} | row
        looked(result={"customer": [told]}, about=about, called_at=timezone.now())
        offer.refresh_from_db()

    def test_done_makes_the_taker_the_owner_with_the_reason(self, leaver, ann):
        _made, offer = self.offered(leaver, ann)
        self.tells(offer, 1, takeover_time=int(timezone.now().timestamp()))
        assert offer.state == State.DONE
        contact = offer.identity.contact
        contact.refresh_from_db()
        assert contact.owner == ann
        given = Assignment.objects.open().get(contact=contact)
        assert given.how == Assignment.How.HANDOVER
        assert "孙走" in given.why

    def test_who_was_a_friend_already_is_told_apart(self, leaver, ann):
        follow = Follow.objects.filter(employee=leaver, ended_by="resigned").first()
        make.follow(follow.identity.contact, employee=ann)
        made = begun(leaver, ann)
        answered(made, 0)
        offer = made.offers.get(identity=follow.identity)
        self.tells(offer, 1, takeover_time=int(timezone.now().timestamp()))
        assert offer.state == State.FRIEND

    def test_of_whom_no_callback_comes_the_contact_is_read(self, leaver, ann):
        _made, offer = self.offered(leaver, ann)
        self.tells(offer, 1, takeover_time=int(timezone.now().timestamp()))
        read = Command.objects.filter(call="externalcontact.get")
        assert read.get().arguments["external_userid"] == offer.identity.value

    def test_of_an_earlier_move_is_no_answer_to_this_offer(self, leaver, ann):
        _made, offer = self.offered(leaver, ann)
        long_ago = timezone.now() - timedelta(days=40)
        self.tells(offer, 1, takeover_time=int(long_ago.timestamp()))
        assert offer.state == State.OFFERED

    def test_transfer_fail_is_heard_and_the_next_is_asked(self, leaver, ann):
        ben = make.employee("贝")
        made, offer = self.offered(leaver, ann, ben)
        other = ben if offer.taker == ann else ann
        transfer_failed(
            contact_id=offer.identity.contact_id,
            taker_id=offer.taker_id,
            reason="customer_refused",
            at=timezone.now(),
        )
        offer.refresh_from_db()
        assert offer.state == State.REFUSED
        again = made.offers.get(identity=offer.identity, attempt=2)
        assert again.taker == other

    def test_transfer_fail_of_long_ago_changes_nothing(self, leaver, ann):
        _made, offer = self.offered(leaver, ann)
        many = transfer_failed(
            contact_id=offer.identity.contact_id,
            taker_id=offer.taker_id,
            reason="customer_refused",
            at=timezone.now() - timedelta(days=2),
        )
        assert many == 0


class TestGroups:
    def owned(self, leaver, many):
        return [make.group_chat(owner=leaver, status=1) for _one in range(many)]

    def test_more_than_300_a_day_to_one_wait_for_tomorrow(self, leaver, ann):
        self.owned(leaver, 305)
        made = begun(leaver, ann)
        for _call in range(6):
            asked = Command.objects.filter(call="externalcontact.groupchat_transfer")
            if (command := asked.filter(status="waiting").first()) is None:
                break
            assert len(command.arguments["chat_id_list"]) <= 100
            groups_asked(
                result={"failed_chat_list": []},
                about=command.about,
                called_at=timezone.now(),
            )
            command.delete()
        groups = made.offers.of_groups()
        assert groups.filter(state=State.DONE).count() == 300
        waits = groups.filter(state=State.QUEUED)
        assert waits.count() == 5
        assert all(each.due_at > timezone.now() for each in waits)

    def test_of_which_wecom_names_the_reason_each_keeps_it(self, leaver, ann):
        good, bad = self.owned(leaver, 2)
        made = begun(leaver, ann)
        command = Command.objects.get(call="externalcontact.groupchat_transfer")
        groups_asked(
            result={"failed_chat_list": [{"chat_id": bad.wecom_id, "errcode": 90508}]},
            about=command.about,
            called_at=timezone.now(),
        )
        told = dict(made.offers.of_groups().values_list("group", "errcode"))
        assert told == {good.pk: None, bad.pk: 90508}


class TestStopping:
    def test_takes_back_what_wecom_was_not_told(self, leaver, ann):
        made = begun(leaver, ann)
        stop(handover=made, by=None, at=timezone.now())
        assert states(made) == [State.STOPPED] * 3
        assert contacts_of(leaver).count() == 3

    def test_leaves_what_is_offered(self, leaver, ann):
        made = begun(leaver, ann)
        answered(made, 0)
        stop(handover=made, by=None, at=timezone.now())
        assert states(made) == [State.OFFERED] * 3


def test_the_code_of_a_leaver_does_not_offer_her_any_more():
    sun, ann = make.employee("孙走"), make.employee("安宁")
    people = [{"employee": sun.pk}, {"employee": ann.pk}]
    channel = make.channel(people=people, rotation="random", at=timezone.now())
    Employee.objects.filter(pk=sun.pk).update(
        left_at=timezone.now(), serves=False, status=5
    )
    look_at(channel_id=channel.pk, at=timezone.now())
    channel.refresh_from_db()
    assert channel.wanted["user"] == [ann.wecom_id]


class TestWhoSeesIt:
    def test_whoever_sees_everybody_sees_each_contact_and_group(self):
        made = make.handover()
        assert made.offers.visible_to(make.root()).count() == 2

    def test_whoever_sees_only_some_sees_nothing_of_others(self):
        made = make.handover()
        manager = make.user(role="manager", employee=make.employee("经理"))
        near = make.sees(manager, "self")
        assert not Handover.objects.visible_to(near).exists()
        assert not made.offers.visible_to(near).exists()

    def test_an_employee_sees_none(self):
        make.handover()
        employee = make.user(role="employee", employee=make.employee())
        assert not Handover.objects.visible_to(employee).exists()
