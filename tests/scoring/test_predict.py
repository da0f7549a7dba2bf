"""A model comes into use if it is truer than the one before for whom both never saw."""

from datetime import timedelta

import numpy as np
import pytest

from apps.audit.models import AuditRow
from apps.behaviour.models import Behaviour
from apps.common.jobs import Job
from apps.contacts.models import Contact
from apps.followups.models import Stage
from apps.orders.models import Order
from apps.rules.compile import found_by
from apps.rules.tree import read
from apps.scoring.as_json import read as opened
from apps.scoring.foretell import ask_for
from apps.scoring.known import known_at
from apps.scoring.models import Chance, Foretelling, Predictor
from apps.scoring.outcomes import OUTCOMES, spells_of
from apps.scoring.predict import (
    NoneBefore,
    asked_before,
    keep_aim,
    parted,
    roll_back,
    train,
    use,
)
from apps.scoring.tasks import foretell
from apps.scoring.tasks import train as train_monthly
from apps.staff.models import Scope
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.scoring.dated import NOW, company, order_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/scoring/predictor/"


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def administrator():
    return make.sees(make.user(role="admin"), Scope.ALL)


def run(*, learns: bool = False) -> Foretelling:
    job = ask_for(learns=learns, at=NOW)
    job.work_off()
    job.refresh_from_db()
    return job


def shown_to(user) -> str:
    return signed_in(user).get(PAGE).content.decode()


class TestTraining:
    def test_who_looks_often_buys_soon_and_the_model_finds_it(self):
        company()
        made = train(at=NOW)
        assert made.is_used
        assert made.measures["auc"] > 0.68
        assert made.suspects == []
        assert "acts_30" in [name for name, _weight in made.weights[:4]]
        assert made.known_from < made.known_until
        assert [month["month"] for month in made.drift] == sorted(
            {month["month"] for month in made.drift}
        )

    def test_it_is_judged_by_a_later_time_than_it_learned_from(self):
        company(400)
        asked = asked_before(spells_of(OUTCOMES["first_order"]), days=30, at=NOW)
        earlier, later = parted(asked)
        assert earlier[-1].cut + timedelta(days=30) <= later[0].cut
        assert later[-1].cut + timedelta(days=30) <= NOW
        total = sum(each.won.sum() for each in asked)
        assert sum(each.won.sum() for each in later) >= total / 4

    def test_fewer_than_200_outcomes_and_the_page_says_so(self, administrator):
        company(300)
        job = run(learns=True)
        assert job.status == Job.Status.DONE
        assert job.why_not == "too_few_outcomes"
        assert 0 < job.found < 200
        page = shown_to(administrator)
        assert f"目前只有 {job.found} 个，至少需要 200 个" in page
        assert "立即训练" in page

    def test_a_history_of_one_spell_is_too_short(self, administrator):
        company()
        keep_aim(
            outcome="first_order",
            days=180,
            left_out=[],
            believed=[],
            by=administrator,
            at=NOW,
        )
        assert run(learns=True).why_not == "history_too_short"
        assert "至少需要两个 180 天的周期" in shown_to(administrator)

    def test_what_is_written_after_the_outcome_is_found_and_left_out(
        self, administrator
    ):
        """Somebody dates back what was known only afterwards."""
        company()
        sold = dict(Order.objects.values_list("contact_id", "paid_at"))
        field = make.attribute("成交备注", type="number")
        contacts = Contact.objects.in_bulk(sold)
        field.values.bulk_create(
            field.values.model(
                contact=contacts[pk],
                attribute=field,
                number=1,
                source="person",
                at=at - timedelta(days=29),
            )
            for pk, at in sold.items()
        )
        made = train(at=NOW)
        name = f"attributes:{field.pk}"
        assert [each for each, _auc in made.suspects] == [name]
        assert name not in [each for each, _weight in made.weights]
        page = shown_to(administrator)
        assert "“成交备注”好得不真实" in page

        signed_in(administrator).post(f"{PAGE}believe/", {"feature": name})
        trusted = train(at=NOW)
        assert trusted.suspects == []
        assert name in [each for each, _weight in trusted.weights]

        signed_in(administrator).post(f"{PAGE}leave-out/", {"feature": name})
        plain = train(at=NOW)
        assert plain.suspects == []
        assert name not in [each for each, _weight in plain.weights]


class TestPromotion:
    def test_one_that_is_no_better_stays_out_and_a_person_may_decide_otherwise(
        self, administrator
    ):
        company()
        first = train(at=NOW)
        second = train(at=NOW)
        assert second.standing == "worse"
        assert second.before == first.measures
        assert "最新的模型没有启用" in shown_to(administrator)

        use(predictor=second, by=administrator, at=NOW)
        first.refresh_from_db()
        assert Predictor.objects.get(standing="used") == second
        assert first.standing == "spare"

        assert roll_back(by=administrator, at=NOW + timedelta(hours=1)) == first
        assert Predictor.objects.get(standing="used") == first
        deeds = AuditRow.objects.filter(deed="model_used", actor=administrator)
        assert deeds.count() == 2

    def test_nothing_to_go_back_to_is_refused(self, administrator):
        company()
        train(at=NOW)
        with pytest.raises(NoneBefore):
            roll_back(by=administrator, at=NOW)

    def test_where_nothing_tells_anything_no_model_is_used(self, administrator):
        company(telling=0.0, seed=8)
        Behaviour.objects.all().delete()
        Contact.objects.update(gender=0)
        first = train(at=NOW)
        if not first.is_used:
            assert "它并不比平均值预测得更准" in shown_to(administrator)
        assert first.measures["auc"] < 0.62

    def test_a_new_aim_is_judged_by_itself(self, administrator):
        company()
        train(at=NOW)
        keep_aim(
            outcome="first_order",
            days=60,
            left_out=[],
            believed=[],
            by=administrator,
            at=NOW,
        )
        assert "新目标的模型训练好之后才会生效" in shown_to(administrator)
        made = train(at=NOW)
        assert made.before is None
        assert made.days == 60


class TestChances:
    def test_all_for_whom_it_is_open_have_one_and_nobody_else(self):
        contacts = company()
        train(at=NOW)
        run()
        bought = set(Order.objects.values_list("contact_id", flat=True))
        told = set(Chance.objects.values_list("contact_id", flat=True))
        assert told == {each.pk for each in contacts} - bought
        buyer = Contact.objects.get(pk=min(told))
        order_of(buyer.pk, NOW - timedelta(hours=1), 7).save()
        run()
        assert not Chance.objects.filter(contact=buyer).exists()

    def test_they_are_true_for_what_then_happens(self):
        """The chances of a month ago, against who has bought since."""
        company(3_000)
        then = NOW - timedelta(days=30)
        made = train(at=then)
        spells = spells_of(OUTCOMES["first_order"])
        rows = spells.open_at(then)
        came = spells.came_by(rows, NOW)
        learned = opened(made.body)
        who = spells.contacts[rows]
        chances = learned.chances(
            learned.bins(known_at(who, then, learned.words), len(who))
        )
        assert chances.mean() == pytest.approx(came.mean(), abs=0.04)
        best = chances >= np.quantile(chances, 0.9)
        assert came[best].mean() > 2 * came.mean()

    def test_where_nothing_has_changed_nothing_is_written(self):
        company()
        train(at=NOW)
        run()
        Chance.objects.update(day=day(1))
        run()
        assert not Chance.objects.exclude(day=day(1).date()).exists()

    def test_it_goes_on_where_it_broke_off(self):
        company()
        train(at=NOW)
        run()
        told = sorted(Chance.objects.values_list("contact_id", flat=True))
        Chance.objects.all().delete()
        job = ask_for(learns=False, at=NOW)
        job.after = told[149]
        job.save(update_fields=["after"])
        job.work_off()
        written = Chance.objects.values_list("contact_id", flat=True)
        assert sorted(written) == told[150:]

    def test_rules_and_the_list_find_them(self, administrator):
        company()
        train(at=NOW)
        run()
        likely = Chance.objects.filter(chance__gte=50)
        assert likely.exists()
        rule = {"field": "chance", "op": "at_least", "value": 50}
        found = found_by(read(rule), at=NOW).members
        assert set(found) == set(likely.values_list("contact_id", flat=True))
        page = signed_in(administrator).get("/admin/contacts/contact/?chance=50")
        assert f"{likely.count():,}" in page.content.decode()

    def test_the_contact_page_says_what_speaks_for_it(self, administrator):
        company()
        train(at=NOW)
        run()
        best = Chance.objects.order_by("-chance").first()
        page = signed_in(administrator).get(
            f"/admin/contacts/contact/{best.contact_id}/change/"
        )
        text = page.content.decode()
        assert f"{best.chance:g}%" in text
        assert "有利因素" in text
        assert "30 天内行为次数" in text

    def test_a_month_is_written_down_for_the_drift(self):
        company()
        made = train(at=NOW)
        run()
        made.refresh_from_db()
        assert made.drift[-1]["month"] == f"{NOW:%Y-%m}"
        run()
        made.refresh_from_db()
        assert len({each["month"] for each in made.drift}) == len(made.drift)


class TestOutcomes:
    def test_a_lead_that_was_won(self):
        won, lost, going = (make.lead(opened_at=day(1)) for _number in range(3))
        ends = {stage.ends: stage for stage in Stage.objects.exclude(ends="")}
        for lead, stage in ((won, ends["won"]), (lost, ends["lost"])):
            type(lead).objects.filter(pk=lead.pk).update(stage=stage, closed_at=day(9))
        spells = spells_of(OUTCOMES["won"])
        rows = spells.open_at(day(5))
        told = dict(
            zip(spells.contacts[rows], spells.came_by(rows, day(20)), strict=True)
        )
        assert told == {
            won.contact_id: 1.0,
            lost.contact_id: 0.0,
            going.contact_id: 0.0,
        }
        assert spells.came_by(rows, day(8)).sum() == 0
        assert len(spells.open_at(day(10))) == 1

    def test_a_second_order(self):
        someone, other = make.contact(), make.contact()
        for number, (who, at) in enumerate(
            ((someone, day(2)), (someone, day(12)), (other, day(3)))
        ):
            order_of(who.pk, at, number).save()
        spells = spells_of(OUTCOMES["second_order"])
        rows = spells.open_at(day(5))
        told = dict(
            zip(spells.contacts[rows], spells.came_by(rows, day(20)), strict=True)
        )
        assert told == {someone.pk: 1.0, other.pk: 0.0}


def test_without_a_model_the_page_says_what_to_do(administrator):
    page = shown_to(administrator)
    assert "还没有模型" in page
    assert "立即训练" in page


def test_the_clock_asks_once():
    foretell()
    foretell()
    assert Foretelling.objects.count() == 1
    train_monthly()
    train_monthly()
    assert Foretelling.objects.filter(learns=True).count() == 1


def test_who_sees_some_customers_only_is_not_told_about_all():
    visitor = make.sees(make.user(role="manager", employee=make.employee()), Scope.SELF)
    assert "请联系管理员" in shown_to(visitor)
    assert signed_in(visitor).post(f"{PAGE}train/").status_code == 403


def test_an_employee_may_not_open_it_and_a_manager_may_not_train():
    assert signed_in(make.user(role="employee")).get(PAGE).status_code == 403
    manager = make.sees(make.user(role="manager"), Scope.ALL)
    assert "predictor/train/" not in shown_to(manager)
    assert signed_in(manager).post(f"{PAGE}train/").status_code == 403
