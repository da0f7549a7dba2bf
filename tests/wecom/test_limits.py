"""How often, and how many at once, one API of WeCom's is asked."""

import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.wecom.calls import call
from apps.wecom.errors import WeComBusy, WeComUnreachable
from apps.wecom.limits import AT_ONCE, IN_A_MINUTE, IN_AN_HOUR, InTransaction
from apps.wecom.models import CallSlot, Quota

pytestmark = pytest.mark.django_db(transaction=True)

IPS = "getcallbackip"


def counted() -> tuple[int, int, int]:
    quota = Quota.objects.get(api=IPS)
    return quota.calls, quota.in_minute, quota.in_hour


@pytest.fixture
def early_in_the_minute():
    """Wait, where the next few seconds would begin another minute or hour."""
    second = timezone.now().second
    if second > 45:  # a call waits for some seconds of its own accord
        time.sleep(61 - second)


class TestAtOnce:
    def test_are_five_however_many_want_to(self, host, at_once):
        def slow(asked):
            time.sleep(0.05)
            return {}

        host.answers = slow

        answers = at_once(20, lambda: call(IPS, patience=timedelta(seconds=30)))

        assert [a["errcode"] for a in answers] == [0] * 20
        assert host.most_at_once == AT_ONCE
        assert counted()[0] == 20
        assert not CallSlot.objects.filter(taken_until__isnull=False).exists()

    def test_are_as_many_as_ever_when_workers_died_in_their_calls(self, host):
        call(IPS)
        CallSlot.objects.update(taken_until=timezone.now() - timedelta(seconds=1))

        assert call(IPS)["errcode"] == 0

    def test_are_none_while_all_slots_are_taken(self, host):
        call(IPS)
        taken_until = timezone.now() + timedelta(seconds=60)
        CallSlot.objects.filter(api=IPS).update(taken_until=taken_until)

        with pytest.raises(WeComBusy):
            call(IPS)

        assert len(host.of(IPS)) == 1


class TestQuota:
    @pytest.mark.parametrize(
        ("field", "most", "at_most"),
        [
            ("in_minute", IN_A_MINUTE, timedelta(minutes=1)),
            ("in_hour", IN_AN_HOUR, timedelta(hours=1)),
        ],
    )
    def test_stops_us_before_wecom_does(
        self, host, early_in_the_minute, field, most, at_most
    ):
        call(IPS)
        Quota.objects.filter(api=IPS).update(**{field: most - 1})
        call(IPS)

        with pytest.raises(WeComBusy) as busy:
            call(IPS)

        assert timedelta(0) < busy.value.after <= at_most + timedelta(seconds=1)
        assert len(host.of(IPS)) == 2
        assert call("agent.get")["errcode"] == 0

    def test_begins_anew_with_the_minute_and_the_hour(self, host, early_in_the_minute):
        call(IPS)
        long_ago = timezone.now() - timedelta(days=1)
        Quota.objects.filter(api=IPS).update(
            in_minute=IN_A_MINUTE,
            minute_at=long_ago,
            in_hour=IN_AN_HOUR,
            hour_at=long_ago,
        )

        call(IPS)

        assert counted() == (2, 1, 1)

    def test_counts_errors_by_their_code(self, host):
        codes = iter([0, 60020, 60020, 84061])
        host.answers = lambda asked: {"errcode": next(codes)}

        for _time in range(4):
            try:
                call(IPS)
            except Exception as error:  # noqa: BLE001 - refusals of several kinds
                assert error.errcode

        quota = Quota.objects.get(api=IPS)
        assert quota.calls == 4
        assert quota.errors == {"60020": 2, "84061": 1}

    def test_counts_what_got_no_answer(self, host):
        host.answers = lambda asked: 502

        with pytest.raises(WeComUnreachable):
            call(IPS)

        assert Quota.objects.get(api=IPS).errors == {"unreachable": 1}

    def test_stays_below_eighty_percent_in_any_sixty_seconds(self):
        assert 2 * IN_A_MINUTE <= 0.8 * 10_000
        assert 2 * IN_AN_HOUR <= 0.8 * 150_000


class TestBlock:
    def test_of_45009_leaves_that_api_alone_for_a_minute(self, host):
        host.answers = lambda asked: {"errcode": 45009 if asked.name == IPS else 0}

        for _time in range(3):
            with pytest.raises(WeComBusy) as busy:
                call(IPS)
            assert timedelta(seconds=55) < busy.value.after < timedelta(seconds=61)

        assert len(host.of(IPS)) == 1
        assert call("agent.get")["errcode"] == 0

    def test_of_45009_lasts_an_hour_when_the_hour_explains_it(
        self, host, early_in_the_minute
    ):
        call(IPS)
        Quota.objects.filter(api=IPS).update(in_hour=IN_AN_HOUR - 10)
        host.answers = lambda asked: {"errcode": 45009}
        with pytest.raises(WeComBusy):
            call(IPS)

        with pytest.raises(WeComBusy) as busy:
            call(IPS)

        assert busy.value.after > timedelta(minutes=59)

    def test_ends(self, host):
        call(IPS)
        Quota.objects.filter(api=IPS).update(paused_until=timezone.now())

        assert call(IPS)["errcode"] == 0

    def test_of_45033_is_over_in_a_second_and_waited_for(self, host):
        codes = iter([45033, 0, 0])
        host.answers = lambda asked: {"errcode": next(codes)}

        assert call(IPS)["errcode"] == 0
        assert call(IPS)["errcode"] == 0

    def test_of_45036_lasts_for_minutes(self, host):
        host.answers = lambda asked: {"errcode": 45036}

        with pytest.raises(WeComBusy) as busy:
            call(IPS)

        assert busy.value.after >= timedelta(minutes=2)


def test_a_call_inside_a_transaction_is_a_mistake(host):
    call(IPS)

    with transaction.atomic(), pytest.raises(InTransaction):
        call(IPS)

    assert len(host.of(IPS)) == 1


def test_a_call_costs_two_statements(host, django_assert_num_queries):
    call(IPS)

    with django_assert_num_queries(2):
        call(IPS)
