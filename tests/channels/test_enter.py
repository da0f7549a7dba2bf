"""Who comes through a code: counted once, given by the rotation, capped, tagged."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from apps.channels.choose import Why
from apps.channels.enter import enter
from apps.channels.keep import pause
from apps.channels.models import Channel, ChannelDay, Entry, Turn
from apps.channels.stand import choice_at
from apps.contacts.events import FollowStarted
from apps.contacts.follow import start_follows
from apps.contacts.models import Follow
from apps.contacts.rows import FollowRow
from apps.events.models import Delivery, EventRecord
from tests import make
from tests.backoffice.attacked import signed_in
from tests.channels.doors import (
    CALLBACK,
    a_channel,
    holds,
    scan,
    wanted,
    wecom_does_all,
)
from tests.conftest import day

FIRST_PULL = EventRecord.Source.FIRST_PULL


def three():
    return [make.employee(name, wecom_id=who) for name, who in PEOPLE]


PEOPLE = (("林静", "ann"), ("周明", "ben"), ("陈晨", "cat"))


@pytest.mark.django_db
class TestEnter:
    def test_writes_one_entry_to_a_follow_however_often_it_is_told(self):
        ann = make.employee()
        channel = a_channel(ann)
        follow = make.follow(employee=ann, started_at=day(2), state=channel.state)

        for _time in range(3):
            enter(follow_id=follow.pk, state=channel.state, source=CALLBACK, at=day(2))

        assert Entry.objects.count() == 1
        assert ChannelDay.objects.get().added == 1
        assert Turn.objects.get().given == 1
        assert Channel.objects.get().turns == 1
        assert EventRecord.objects.filter(kind="ChannelEntered").count() == 1

    def test_a_state_of_another_program_is_none_of_ours(self):
        follow = make.follow(state="theirs")

        assert not enter(
            follow_id=follow.pk, state="theirs", source=CALLBACK, at=day(2)
        )

    def test_news_of_yesterday_is_counted_for_yesterday(self):
        ann = make.employee()
        channel = a_channel(ann, each_daily_cap=1)
        follow = make.follow(employee=ann, started_at=day(2), state=channel.state)

        enter(follow_id=follow.pk, state=channel.state, source=CALLBACK, at=day(3))

        assert ChannelDay.objects.get().day == day(2).date()
        (standing,) = choice_at(channel, at=day(3)).standings
        assert standing.why == Why.NEXT

    def test_a_state_that_is_heard_of_late_is_an_entry_as_well(self):
        ann = make.employee()
        channel = a_channel(ann)
        row = {"external_id": "wm1", "employee_id": ann.pk, "began_at": day(2)}
        start_follows([FollowRow(**row)], source=CALLBACK)
        start_follows([FollowRow(**row, state=channel.state)], source=CALLBACK)

        for delivery in Delivery.objects.order_by("pk"):
            delivery.work()

        assert Entry.objects.get().employee == ann
        assert EventRecord.objects.filter(kind="StateLearned").count() == 1

    def test_what_the_first_pull_finds_is_no_entry(self):
        channel = a_channel(make.employee())
        ben = make.employee()
        row = FollowRow(
            external_id="wm1",
            employee_id=ben.pk,
            began_at=day(2),
            state=channel.state,
        )
        start_follows([row], source=FIRST_PULL)

        assert not Delivery.objects.filter(subscriber__contains="channels").exists()

    def test_the_page_of_a_contact_says_by_which_codes_they_came(self):
        ann, visitor = make.contact(), signed_in(make.user(role="admin"))
        page = f"/admin/contacts/contact/{ann.pk}/change/"
        make.entry(make.follow(ann), make.channel("地铁海报"))
        assert "地铁海报" in visitor.get(page).content.decode()

        later = make.follow(ann, started_at=day(9))
        make.entry(later, make.channel("门店收银台"))
        told = visitor.get(page).content.decode()
        assert "地铁海报" in told and "门店收银台" in told

    def test_first_and_latest_are_kept_through_a_merge(self):
        from apps.channels.enter import first_and_latest
        from apps.contacts.merge import merge

        ann, ben = make.employee(), make.employee()
        one, other = a_channel(ann), a_channel(ben)
        keeper, loser = make.contact("张三"), make.contact("张三丰")
        scan(one, by=ann, at=day(3), of=loser)
        scan(other, by=ben, at=day(2), of=keeper)

        merge(winner=keeper, loser=loser, at=day(4))

        assert [e.channel for e in first_and_latest(keeper)] == [other, one]


@pytest.mark.django_db
class TestRotation:
    def test_in_turn_goes_round(self):
        people = three()
        channel = a_channel(*people)

        given = give(channel, people, 7)

        assert given == ["ann", "ben", "cat", "ann", "ben", "cat", "ann"]

    def test_weighted_keeps_within_one_of_the_weights_at_every_moment(self):
        people = three()
        weights = dict(zip("abc", (5, 3, 1), strict=True))
        rows = [
            {"employee": who.pk, "weight": weights[who.wecom_id[0]]} for who in people
        ]
        channel = a_channel(*people, people=rows, rotation="weighted")

        given = give(channel, people, 36)

        for many in range(1, 37):
            counts = Counter(who[0] for who in given[:many])
            for who, weight in weights.items():
                assert abs(counts[who] - many * weight / 9) < 1.01, (many, who)

    def test_least_busy_looks_at_all_codes(self):
        ann, ben, _cat = three()
        other = a_channel(ann)
        scan(other, by=ann, at=day(2))
        channel = a_channel(ann, ben, rotation="least_busy", at=day(2))

        assert give(channel, [ann, ben], 3, at=day(2)) == ["ben", "ann", "ben"]

    def test_at_random_all_on_duty_stand_in_the_code(self):
        channel = a_channel(*three(), rotation="random")

        assert holds(channel) == ["ann", "ben", "cat"]

    def test_survives_whatever_is_forgotten_in_memory(self):
        people = three()
        channel = a_channel(*people)
        give(channel, people, 1)

        again = Channel.objects.get(pk=channel.pk)

        assert choice_at(again, at=day(2)).users == ("ben",)

    def test_of_others_who_come_meanwhile_each_takes_their_own_turn(self):
        """WeCom gave somebody out of turn: they have had theirs."""
        ann, ben, cat = people = three()
        channel = a_channel(*people)
        scan(channel, by=cat, at=day(2))

        assert give(channel, people, 3) == ["ann", "ben", "cat"]


def give(channel, people, many, at=None):
    """One after the other, each to whom the code holds."""
    by_account = {who.wecom_id: who for who in people}
    given = []
    for number in range(many):
        (account,) = holds(channel)
        moment = (at or day(2)) + timedelta(minutes=number)
        scan(channel, by=by_account[account], at=moment)
        given.append(account)
    return given


@pytest.mark.django_db
class TestCaps:
    def test_the_last_of_a_day_takes_the_employee_off_the_code(self):
        """Not one later: the count that is asked has just been written."""
        ann, ben, _cat = three()
        channel = a_channel(ann, ben, rotation="random", each_daily_cap=2)

        scan(channel, by=ann, at=day(2))
        assert holds(channel) == ["ann", "ben"]
        scan(channel, by=ann, at=day(2))

        assert holds(channel) == ["ben"]

    def test_midnight_begins_anew_for_everybody_at_once(self):
        from apps.channels.codes import look_at

        ann, ben, _cat = three()
        channel = a_channel(ann, ben, rotation="random", each_daily_cap=1)
        scan(channel, by=ann, at=day(2, hour=23.98))
        assert holds(channel) == ["ben"]

        look_at(channel_id=channel.pk, at=day(3, hour=0))
        wecom_does_all()

        assert holds(channel) == ["ann", "ben"]

    def test_a_total_cap_does_not_begin_anew(self):
        from apps.channels.codes import look_at

        ann, ben, _cat = three()
        rows = [{"employee": ann.pk, "total_cap": 1}, {"employee": ben.pk}]
        channel = a_channel(ann, ben, people=rows, rotation="random")
        scan(channel, by=ann, at=day(2))

        look_at(channel_id=channel.pk, at=day(9))
        wecom_does_all()

        assert holds(channel) == ["ben"]

    def test_the_codes_own_cap_hands_over_to_the_backups(self):
        ann, ben, _cat = three()
        rows = [{"employee": ann.pk}, {"employee": ben.pk, "is_backup": True}]
        channel = a_channel(people=rows, daily_cap=1)

        scan(channel, by=ann, at=day(2))

        assert holds(channel) == ["ben"]
        whys = [s.why for s in choice_at(channel, at=day(2)).standings]
        assert whys == [Why.CODE_FULL, Why.NEXT]

    def test_an_empty_list_is_never_wanted_and_a_person_is_told(self):
        ann = make.employee("林静", wecom_id="ann")
        channel = a_channel(ann, each_daily_cap=1)

        scan(channel, by=ann, at=day(2))

        channel.refresh_from_db()
        assert (wanted(channel), holds(channel)) == (["ann"], ["ann"])
        assert channel.trouble == Channel.Trouble.NOBODY

    def test_who_comes_beyond_a_cap_is_counted_and_marked(self):
        ann = make.employee("林静", wecom_id="ann")
        channel = a_channel(ann, each_daily_cap=1)
        scan(channel, by=ann, at=day(2))

        late = scan(channel, by=ann, at=day(2))

        assert late.over
        assert (ChannelDay.objects.get().added, ChannelDay.objects.get().over) == (2, 1)


@pytest.mark.django_db
class TestExclusive:
    def test_a_colleagues_customer_takes_nobodys_turn(self):
        ann, ben, _cat = three()
        channel = a_channel(ann, is_exclusive=True, each_daily_cap=1)
        hers = make.contact()
        make.follow(hers, employee=ben, started_at=day(1))

        entry = scan(channel, by=ann, at=day(2), of=hers)

        assert not entry.counted
        assert not Turn.objects.exists()
        assert ChannelDay.objects.get().again == 1
        assert choice_at(channel, at=day(2)).users == ("ann",)

    def test_without_it_they_take_one_like_everybody(self):
        ann, ben, _cat = three()
        channel = a_channel(ann)
        hers = make.contact()
        make.follow(hers, employee=ben, started_at=day(1))

        assert scan(channel, by=ann, at=day(2), of=hers).counted


@pytest.mark.django_db
class TestWhy:
    def test_everybody_on_the_code_is_told_apart(self):
        ann, ben, cat = three()
        dan = make.employee("丁一", wecom_id="dan", serves=False)
        eve = make.employee("易芳", wecom_id="eve", left_at=day(1))
        slots = [
            {"days": [1], "from": "00:00", "until": "00:00", "people": [ann.pk, cat.pk]}
        ]
        rows = [{"employee": who.pk} for who in (ann, ben, cat, dan, eve)]
        backup = make.employee("方圆", wecom_id="fay")
        rows.append({"employee": backup.pk, "is_backup": True})
        channel = a_channel(people=rows, slots=slots, always=False)
        pause(channel=channel, employee_id=cat.pk, is_off=True, by=None, at=day(2))

        channel.refresh_from_db()
        whys = {
            s.colleague.account: s.why for s in choice_at(channel, at=day(2)).standings
        }

        assert whys == {
            "ann": Why.NEXT,
            "ben": Why.OFF_DUTY,
            "cat": Why.PAUSED,
            "dan": Why.NO_RIGHT,
            "eve": Why.LEFT,
            "fay": Why.RESERVE,
        }


@pytest.mark.django_db
def test_a_week_of_adds_minute_by_minute_overshoots_only_what_is_in_flight():
    """WeCom hears of a change a minute late: until then whoever stands there is given.
    Of caps no more is exceeded than came within that minute."""
    chance = random.Random(7)
    ann, ben, cat = people = three()
    by_account = {who.wecom_id: who for who in people}
    rows = [{"employee": ann.pk}, {"employee": ben.pk}]
    rows.append({"employee": cat.pk, "is_backup": True, "daily_cap": 1000})
    slots = [{"days": [1, 2, 3, 4, 5], "from": "09:00", "until": "18:00"}]
    channel = a_channel(people=rows, slots=slots, always=False, each_daily_cap=8)
    from apps.channels.codes import look_at

    most = 0
    for number in range(2, 9):
        for hour in (0, 8.9, 9, 10, 12, 15, 17.9, 18, 23.5):
            moment = day(number, hour=hour)
            look_at(channel_id=channel.pk, at=moment)
            wecom_does_all()
            burst = chance.randrange(6)
            most = max(most, burst)
            for second in range(burst):  # nothing is told to WeCom meanwhile
                given = by_account[chance.choice(holds(channel))]
                if given is not cat:
                    assert 9 <= hour < 18 and moment.isoweekday() <= 5
                at = moment + timedelta(seconds=second)
                scan(channel, by=given, at=at, work=False)
            wecom_does_all()

    over = ChannelDay.objects.exclude(employee=cat)
    assert max(row.added for row in over) <= 8 + most
    assert (
        sum(row.over for row in over)
        == Entry.objects.filter(over=True).exclude(employee=cat).count()
    )


@pytest.mark.django_db(transaction=True)
def test_sixteen_who_come_at_once_are_each_counted_once_and_no_cap_is_forgotten():
    ann, ben, _cat = three()
    channel = a_channel(ann, ben, rotation="random", each_daily_cap=16)
    follows = [
        make.follow(employee=ann, started_at=day(2), state=channel.state)
        for _number in range(16)
    ]

    def come(follow: Follow) -> None:
        try:
            for _time in range(2):  # and each is told twice
                enter(
                    follow_id=follow.pk, state=channel.state, source=CALLBACK, at=day(2)
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(come, follows))

    assert Entry.objects.count() == 16
    assert ChannelDay.objects.get().added == Turn.objects.get().given == 16
    assert Channel.objects.get(pk=channel.pk).turns == 16
    assert wanted(channel) == ["ben"]
    assert FollowStarted.__name__ not in {e.kind for e in EventRecord.objects.all()}
