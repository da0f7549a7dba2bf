"""A seed makes a company that looks like one."""

import time
from collections import Counter

import pytest

from apps.sandbox.corp import Corp
from apps.sandbox.names import ODD
from tests.sandbox.golden import NOW

DAY = 86_400


@pytest.fixture(scope="module")
def populated():
    corp = Corp(clock=lambda: NOW)
    corp.populate(seed=1, employees=20, contacts=2000, groups=60)
    yield corp
    corp.close()


@pytest.fixture(scope="module")
def state(populated):
    return populated.dump()


@pytest.fixture(scope="module")
def follows(state):
    return [
        {**follow, "external_userid": one["external_userid"]}
        for one in state["customers"]
        for follow in one["follows"]
    ]


class TestPopulation:
    def test_has_the_sizes_that_were_asked_for(self, state, follows):
        listed = {
            one["external_userid"]
            for one in follows
            if one["relation"] in ("mutual", "left")
        }

        assert len(state["users"]) == 20
        assert len(listed) == 2000
        assert sum(not one["internal"] for one in state["groups"]) == 60

    def test_is_the_same_for_the_same_seed(self, state):
        twin = Corp(clock=lambda: NOW)
        twin.populate(seed=1, employees=20, contacts=2000, groups=60)

        assert twin.dump() == state
        twin.close()

    def test_is_another_for_another_seed(self, state):
        other = Corp(clock=lambda: NOW)
        other.populate(seed=2, employees=20, contacts=200, groups=6)

        names = {one["userid"] for one in other.dump()["users"]}
        assert names != {one["userid"] for one in state["users"]}
        other.close()

    def test_has_one_and_a_half_follows_to_a_customer(self, state, follows):
        assert 1.35 < len(follows) / len(state["customers"]) < 1.65

    def test_lies_within_sixty_days_and_not_ahead(self, follows):
        times = [one["createtime"] for one in follows]

        assert max(times) <= NOW
        assert min(times) >= NOW - 62 * DAY
        assert len({moment // DAY for moment in times}) > 40

    def test_is_unequally_spread_over_the_employees(self, state, follows):
        counts = Counter(one["userid"] for one in follows)
        serving = [one["userid"] for one in state["users"] if one["serves"]]

        assert max(counts.values()) > 3 * sorted(counts.values())[len(counts) // 2] / 2
        assert len(serving) < 20  # some may not have customers
        assert set(serving) - set(counts)  # and one who may has none

    def test_has_every_relation_way_and_kind(self, state, follows):
        ways = {one["add_way"] for one in follows}
        kinds = Counter(one["type"] for one in state["customers"])

        assert {one["relation"] for one in follows} == {
            *("mutual", "left", "half", "dropped")
        }
        assert {0, 1, 2, 3, 4, 10, 16, 201, 202} <= ways
        assert any(one["state"] for one in follows)
        assert any(not one["state"] for one in follows)
        assert any(one["remark_mobiles"] for one in follows)
        assert any(one["description"] for one in follows)
        assert any(one["personal_tags"] for one in follows)
        assert any(tag.startswith("st") for one in follows for tag in one["tags"])
        assert 40 < kinds[2] < 160

    def test_knows_most_wechat_users_by_their_union_id(self, state):
        wechat = [one for one in state["customers"] if one["type"] == 1]
        others = [one for one in state["customers"] if one["type"] == 2]

        known = sum(bool(one["unionid"]) for one in wechat)
        assert 0.9 * len(wechat) < known < len(wechat)
        assert not any(one["unionid"] or not one["corp_name"] for one in others)

    def test_has_common_and_odd_names(self, state):
        names = Counter(one["name"] for one in state["customers"])

        assert names.keys() >= set(ODD)
        assert names.most_common(1)[0][1] > 5
        assert max(len(name) for name in names) > 60

    def test_has_groups_with_colleagues_customers_and_strangers(self, state, follows):
        customers = {one["external_userid"] for one in follows}
        members = [one for chat in state["groups"] for one in chat["members"]]

        assert any(one["type"] == 1 for one in members)
        assert any(one["member"] in customers for one in members)
        assert any(
            one["type"] == 2 and one["member"] not in customers for one in members
        )
        assert any(not chat["name"] for chat in state["groups"])

    def test_has_tags_of_its_own_and_of_others(self, state):
        made_by = {one["made_by"] for one in state["tag_groups"]}

        assert made_by == {"app", "console"}
        assert any(one["strategy_id"] for one in state["tag_groups"])

    def test_has_no_phone_that_could_be_somebodys(self, state, follows):
        phones = [phone for one in follows for phone in one["remark_mobiles"]]
        phones += [one["mobile"] for one in state["users"]]

        assert all(len(phone) == 11 and phone[3:6] == "000" for phone in phones)

    @pytest.mark.parametrize(
        ("employees", "contacts", "groups"), [(1, 0, 0), (1, 5, 1), (2, 3, 2)]
    )
    def test_may_be_tiny(self, employees, contacts, groups):
        corp = Corp()
        corp.populate(employees=employees, contacts=contacts, groups=groups)

        assert len(corp.dump()["users"]) == employees
        corp.close()

    def test_forgets_what_was_there(self, populated):
        corp = Corp(clock=lambda: NOW)
        corp.populate(seed=3, employees=3, contacts=30, groups=1)
        corp.do("add")
        corp.populate(seed=3, employees=3, contacts=30, groups=1)
        once = corp.dump()
        corp.populate(seed=3, employees=3, contacts=30, groups=1)

        assert corp.dump() == once
        corp.close()


@pytest.mark.slow
def test_three_hundred_thousand_follows_take_less_than_a_minute():
    corp = Corp()
    began = time.monotonic()

    corp.populate(employees=300, contacts=200_000, groups=1000)

    assert time.monotonic() - began < 60
    assert corp.value("SELECT count(*) FROM follow") > 290_000
    corp.close()
