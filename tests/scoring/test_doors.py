"""Scores in lists, rules, exports and the API; who may change them."""

import pytest

from apps.scoring.keep import draft_all, put_in_force
from apps.scoring.models import ScoreMonth, ScoreRule, Standing
from apps.scoring.months import keep_month, months_of
from apps.scoring.rebase import rebase
from apps.scoring.said import (
    GoesInCircles,
    NoSuchNumber,
    NoSuchPoints,
    NotReckonedYet,
    RuleNameTaken,
    SaysNothing,
)
from apps.scoring.why import why
from apps.staff.models import Scope
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.orders.telling import Shop
from tests.scoring.ledgers import did, heard, in_force, said, standing

pytestmark = pytest.mark.django_db
LIST = "/admin/contacts/contact/"


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"points": 0}, NoSuchPoints),
        ({"points": 2_000}, NoSuchPoints),
        ({"half_life": 0}, NoSuchNumber),
        ({"scene": "", "conditions": None}, SaysNothing),
        (
            {"conditions": {"field": "score", "op": "at_least", "value": 1}},
            GoesInCircles,
        ),
    ],
)
def test_what_a_rule_may_not_say(told, refusal):
    with pytest.raises(refusal):
        draft_all([said(**told)], by=make.root(), at=day(1))
    assert not ScoreRule.objects.exists()


def test_two_rules_have_two_names():
    with pytest.raises(RuleNameTaken):
        draft_all([said(), said()], by=make.root(), at=day(1))


def test_nothing_comes_into_force_before_it_is_reckoned():
    draft_all([said()], by=make.root(), at=day(1))
    with pytest.raises(NotReckonedYet):
        put_in_force(by=make.root(), at=day(1))


def test_lines_add_up_to_the_score_and_say_what_would_lift_it():
    read = {"kinds": "read"}
    in_force(
        said("阅读", cap=25, half_life=30, narrowed=read),
        said("首次阅读", points=30, counts="once", narrowed=read),
        said("咨询", points=20, narrowed={"kinds": "asked"}),
    )
    someone = make.contact()
    heard(*(did(someone, at=day(1), number=n) for n in range(12)), at=day(1))

    found = why(someone.pk, at=day(1))

    assert found.score == standing(someone).score == 25 + 30
    [group] = found.engagement
    reading = next(r for r in group.rules if r.version.rule.name == "阅读")
    assert (reading.many, len(reading.lines), reading.is_cut) == (12, 8, True)
    assert [(lift.rule.rule.name, lift.brings) for lift in found.lifts] == [
        ("咨询", 20)
    ]


def test_who_sees_only_some_makes_no_rule():
    narrow = make.sees(make.user(role="manager"), Scope.SELF)
    address = "/admin/scoring/scorerule/"
    assert signed_in(narrow).get(f"{address}build/").status_code == 403
    assert signed_in(narrow).get(f"{address}drafts/").status_code == 403


def test_the_list_of_contacts_is_narrowed_by_grade_and_score():
    warm, cold = make.contact("热客户"), make.contact("冷客户")
    make.score(warm, points=45, grade="A1")
    make.score(cold, points=5, grade="D4")
    admin = signed_in(make.user(role="admin"))
    for query in ("grade=A1", "grade=A_", "score=40"):
        page = admin.get(f"{LIST}?{query}").content.decode()
        assert "热客户" in page and "冷客户" not in page


def test_other_systems_read_a_score_with_its_reasons():
    in_force(said("阅读", half_life=None))
    someone = make.contact()
    heard(did(someone, at=day(1), number=1), at=day(1))
    shop = Shop(make.key("scores:read"))

    told = shop.ask(f"/api/v1/contacts/{someone.pk}/score").json()

    assert (told["score"], told["grade"]) == (10, "D3")
    assert told["reasons"] == [
        {
            "rule": "阅读",
            "axis": "engagement",
            "group": "互动",
            "times": 1,
            "worth": 10.0,
        }
    ]
    assert shop.ask("/api/v1/contacts/0/score").status_code == 404


def test_months_are_kept_once():
    someone = make.contact()
    in_force(said(half_life=None))
    heard(did(someone, at=day(1), number=1), at=day(1))
    keep_month(at=day(31))
    keep_month(at=day(31))
    assert [(m.month.month, m.score) for m in months_of(someone.pk)] == [(2, 10)]
    assert ScoreMonth.objects.count() == 1


def test_a_new_landmark_changes_no_score():
    [version] = in_force(said(points=40, half_life=30))
    someone = make.contact()
    heard(did(someone, at=day(1), number=1), at=day(1))
    later = day(1).replace(year=2027)
    before = Standing.objects.get().sums[0] * version.fades(later)

    assert rebase(at=later.replace(month=4)) == 1

    version.refresh_from_db()
    after = Standing.objects.get().sums[0] * version.fades(later)
    assert after == pytest.approx(before, abs=1e-12)
