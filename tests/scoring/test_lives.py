"""Orders become histories, histories a fit, and the fit a word about everybody."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from apps.common.copying import copy_in
from apps.contacts.models import Contact
from apps.orders.models import Order
from apps.rules.compile import found_by
from apps.rules.tree import read
from apps.scoring.lives import buyers, reckon
from apps.scoring.models import Lifetime, LifetimeFit
from apps.scoring.tasks import reckon_lifetimes
from apps.staff.models import Scope
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.scoring.cdnow import END, KNOWN, needs_the_sample, purchases

pytestmark = pytest.mark.django_db

PAGE = "/admin/scoring/lifetimefit/"


def noon(on) -> datetime:
    return datetime.combine(on, time(4), tzinfo=UTC)


def bring_in(people) -> None:
    contacts = copy_in(
        (Contact(name=who, added_at=day(1), kind=1) for who in people), numbered=True
    )
    number = {contact.name: contact.pk for contact in contacts}
    copy_in(
        Order(
            system="cdnow",
            number=f"{who} {on}",
            contact_id=number[who],
            status="paid",
            amount=fen,
            placed_at=noon(on),
            paid_at=noon(on),
            changed_at=noon(on),
            lines_digest=b"",
        )
        for who, days in people.items()
        for on, fen in days.items()
    )


def test_purchases_of_a_day_are_one_and_what_was_given_back_is_none():
    someone = make.contact()
    for at, amount in ((day(1), 100), (day(1, hour=20), 50), (day(8), 300)):
        make.order(someone, paid_at=at, placed_at=at, amount=amount)
    given_back = make.order(someone, paid_at=day(15), amount=999)
    Order.objects.filter(pk=given_back.pk).update(status="refunded")
    make.order(make.contact(), paid_at=None, amount=999)

    found = buyers(until=timezone.localdate(day(20)))

    assert found.contacts.tolist() == [someone.pk]
    x, last, age = (each.tolist() for each in found.until(timezone.localdate(day(15))))
    assert (x, last, age) == ([1.0], [1.0], [2.0])
    assert found.fen.tolist() == [300.0]


@needs_the_sample
class TestOfCdnow:
    @pytest.fixture(scope="class")
    def people(self):
        return purchases()

    def test_the_fit_to_39_weeks_is_the_published_one(self, people):
        bring_in(people)
        fit = reckon(at=noon(KNOWN))
        printed = [round(each, 3) for each in (fit.r, fit.alpha, fit.a, fit.b)]
        assert printed == [0.243, 4.414, 0.793, 2.426]
        assert (fit.customers, fit.came_back) == (2_357, 946)
        assert round(fit.p, 2) == 6.25

    def test_the_page_shows_how_well_it_foretold_and_who_is_in_which_band(self, people):
        bring_in(people)
        fit = reckon(at=noon(END))
        assert fit.error < 0.06
        assert fit.tracking[-1][1] == sum(
            len(days) - 1 for days in people.values() if min(days) <= fit.known_until
        )
        visitor = signed_in(make.sees(make.user(role="manager"), Scope.ALL))

        page = visitor.get(PAGE).content.decode()

        assert "2,357 位客户买过" in page
        assert f"{fit.error:.1%}" in page
        lost = Lifetime.objects.filter(alive__lt=20).count()
        assert f"{lost:,}" in page
        shown = visitor.get("/admin/contacts/contact/?alive=0").content.decode()
        assert f"{lost:,}" in shown
        rule = {"field": "alive", "op": "at_most", "value": 19}
        assert found_by(read(rule), at=noon(END)).many == lost

    def test_nothing_is_written_where_nothing_is_other(self, people):
        bring_in(people)
        reckon(at=noon(END))
        Lifetime.objects.update(day=day(1))
        reckon(at=noon(END))
        assert not Lifetime.objects.filter(day=END).exists()

    def test_who_has_no_order_any_more_has_no_lifetime(self, people):
        bring_in(people)
        reckon(at=noon(END))
        someone = Lifetime.objects.first().contact
        Order.objects.filter(contact=someone).update(status="refunded")
        reckon(at=noon(END) + timedelta(hours=1))
        assert not Lifetime.objects.filter(contact=someone).exists()
        assert LifetimeFit.objects.count() == 2

    def test_the_contact_page_says_it(self, people):
        bring_in(people)
        reckon(at=noon(END))
        someone = Lifetime.objects.order_by("-value").first()
        visitor = signed_in(make.sees(make.user(role="manager"), Scope.ALL))
        page = visitor.get(f"/admin/contacts/contact/{someone.contact_id}/change/")
        assert f"{someone.alive}%" in page.content.decode()
        assert "一年内约" in page.content.decode()


def test_with_too_few_customers_nothing_is_reckoned_and_the_page_says_why():
    make.order(make.contact(), paid_at=day(1))
    reckon_lifetimes()
    visitor = signed_in(make.sees(make.user(role="manager"), Scope.ALL))
    assert "30 位客户在另一天回购之后" in visitor.get(PAGE).content.decode()


def test_who_sees_some_customers_only_is_not_told_about_all():
    visitor = make.sees(make.user(role="manager", employee=make.employee()), Scope.SELF)
    assert "请联系管理员" in signed_in(visitor).get(PAGE).content.decode()


def test_an_employee_may_not_open_it():
    assert signed_in(make.user(role="employee")).get(PAGE).status_code == 403
