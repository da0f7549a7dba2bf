"""The paths that the database puts together are those that contacts walked."""

from datetime import date

import pytest

from apps.reports.attribution import Path
from apps.reports.paths import behind, walked
from apps.reports.table import table_of
from tests import make
from tests.conftest import day
from tests.reports.walks import asked, buys, campaign, comes, invites

pytestmark = pytest.mark.django_db


@pytest.fixture
def fair():
    return make.channel("展会")


@pytest.fixture
def shop():
    return make.channel("门店")


def paths_of(asked, user=None):
    found = walked(asked, user=user)
    return sorted(found.paths, key=str), found


def test_alike_paths_are_counted_together(fair, shop):
    for start in (2, 4):
        her = make.contact()
        comes(her, fair, start)
        comes(her, shop, start + 3)
        buys(her, start + 5, amount=5_000)

    [path], found = paths_of(asked())

    keys = (fair.pk, shop.pk)
    assert path == Path(keys=keys, days=(3, 0), many=2, worth=10_000, lost=0)
    assert (found.many, found.worth, found.untouched) == (2, 10_000, 0)


def test_what_lies_before_the_window_or_after_the_conversion_is_no_touch(fair, shop):
    her = make.contact()
    comes(her, fair, 2)
    comes(her, shop, 12)
    buys(her, 10)

    [], found = paths_of(asked(window=7))

    assert found.untouched == 1


def test_only_the_first_order_counts_as_the_first(fair):
    her = make.contact()
    comes(her, fair, 3)
    buys(her, 4)
    buys(her, 6)

    assert walked(asked(), user=None).many == 1
    assert walked(asked("order"), user=None).many == 2
    assert walked(asked(first=date(2026, 3, 5)), user=None).many == 0


def test_an_order_that_was_refunded_or_not_paid_is_no_conversion(fair):
    her = make.contact()
    comes(her, fair, 3)
    make.order(her, placed_at=day(4))
    make.order(
        her, placed_at=day(4), paid_at=day(4), refunded_at=day(5), refunded_amount=100
    )

    assert walked(asked("order"), user=None).many == 0


def test_whoever_was_touched_and_did_not_buy_is_lost(fair, shop):
    her = make.contact()
    comes(her, fair, 3)
    comes(her, shop, 5)
    bought = make.contact()
    comes(bought, fair, 3)
    buys(bought, 4)

    found = walked(asked(), user=None)

    lost = {path.keys: path.lost for path in found.paths}
    assert lost == {(fair.pk,): 0, (fair.pk, shop.pk): 1}


def test_a_lead_that_was_won_is_a_conversion(fair):
    from apps.followups.models import Stage

    her = make.contact()
    comes(her, fair, 3)
    Stage.objects.create(name="初访", place=80)
    won = Stage.objects.create(name="签约", ends="won", place=90, probability=100)
    lead = make.lead(her, amount=88_000)
    type(lead).objects.filter(pk=lead.pk).update(stage=won, stage_since=day(9))

    [path], _found = paths_of(asked("won"))

    assert (path.many, path.worth) == (1, 88_000)


def test_a_path_leads_by_colleagues_campaigns_and_inviters_as_well(fair):
    lin = make.employee("林静")
    inviter, helper = make.contact("邀请人"), make.contact("助力人")
    comes(helper, fair, 3, employee=lin)
    going = campaign()
    invites(inviter, going, helper, 3)
    buys(helper, 8)

    keys = {
        by: [path.keys for path in walked(asked(by=by), user=None).paths if path.many]
        for by in ("employee", "campaign", "inviter")
    }

    assert keys == {
        "employee": [(lin.pk,)],
        "campaign": [(going.pk,)],
        "inviter": [(inviter.pk,)],
    }


def test_everybody_is_told_of_their_own_contacts_alone(fair):
    mine, other = make.employee(), make.employee()
    for employee in (mine, other):
        her = make.contact(owner=employee)
        comes(her, fair, 3, employee=employee)
        buys(her, 4)
    somebody = make.user(role="employee", employee=mine)

    found = walked(asked(), user=somebody)
    people, many = behind(asked(), key=fair.pk, user=somebody, many=10)

    assert found.many == 1
    assert many == len(people) == 1
    assert walked(asked(), user=make.root()).many == 2


def test_behind_each_number_stand_as_many_as_it_says(fair, shop):
    root = make.root()
    for number in range(5):
        her = make.contact()
        if number:
            comes(her, fair, 2)
        if number > 2:
            comes(her, shop, 4)
        buys(her, 5 + number)

    table = table_of(walked(asked(), user=root))

    told = {row.key: row.touched for row in table.rows}
    assert told == {fair.pk: 4, shop.pk: 2}
    for key, many in [*told.items(), (None, table.untouched)]:
        people, whole = behind(asked(), key=key, user=root, many=10)
        assert (len(people), whole) == (many, many)
    newest = behind(asked(), key=shop.pk, user=root, many=1)[0][0]
    assert [key for key, _at in newest.touches] == [fair.pk, shop.pk]
