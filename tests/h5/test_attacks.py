"""What nobody gets from the pages of a campaign, at every address of theirs that there
is. The numbers are those of the attacks."""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.test import Client
from django.utils import timezone

from apps.campaigns.keep import Prize
from apps.campaigns.reward import grant
from apps.contacts.identities import Id, Known, keep_ids
from apps.h5.link import give_link, token_of
from tests import make
from tests.backoffice.attacked import everything, patterns
from tests.campaigns.given import a_campaign

pytestmark = pytest.mark.django_db

ROUTES = sorted(route for route, _door in patterns() if route.startswith("/h5/"))
PERSONAL = [route for route in ROUTES if "token" in route]
NAME, PHONE = "欧阳明月", "13800000001"
DAY = timedelta(days=1)
METHODS = ("put", "patch", "delete", "options", "trace")


@pytest.fixture
def hers():
    """Somebody who takes part, with a prize that waits for an address."""
    now = timezone.now()
    prize = Prize(name="陶瓷杯", kind="physical", needed=1, initial=5)
    campaign = a_campaign(
        prize, at=now, starts_at=now - DAY, ends_at=now + DAY, award="claimed"
    )
    mine = give_link(campaign=campaign, contact=make.contact(NAME), by=None, at=now)
    told = Known(mine.contact_id, Id("phone", PHONE), verified=True)
    keep_ids([told], source="client", at=now)
    grant(reward=campaign.rewards.get(), participation=mine, at=now)
    return mine


def at(route: str, slug: str, token: str = "") -> str:
    return re.sub(r"<\w+:(\w+)>", lambda n: {"slug": slug, "token": token}[n[1]], route)


def tokens_that_are_wrong(mine) -> list[str]:
    number, _dash, proof = token_of(mine).partition("-")
    wrong = [f"{number}-{proof[:-1]}x", f"{number}-", number, f"-{proof}", "0-0"]
    return [*wrong, f"{int(number) + 1}-{proof}", "9" * 500, "%00", "١-" + proof]


def test_there_are_pages_to_attack():
    assert len(PERSONAL) >= 4


def test_a_wrong_address_shows_and_changes_nothing_of_hers(hers):
    """Attacks 11, 13, 19 and 32."""
    before = everything()
    told = {"prize": 1, "grant": 1, "name": "乙", "phone": "1", "place": "丙"}

    for route, token in product(PERSONAL, tokens_that_are_wrong(hers)):
        address = at(route, hers.campaign.slug, token)
        for answer in (Client().get(address), Client().post(address, told)):
            assert answer.status_code in (302, 404, 405, 429)
            assert NAME not in answer.content.decode()
            assert answer.get("Location", "/h5/").startswith("/h5/")

    assert changed_since(before) <= {"common_allowance"}


def test_an_address_does_nothing_by_another_method(hers):
    """Attack 15."""
    before = everything()

    for route, method in product(ROUTES, METHODS):
        address = at(route, hers.campaign.slug, token_of(hers))
        assert getattr(Client(), method)(address).status_code == 405

    assert changed_since(before) <= {"common_allowance"}


def test_no_page_shows_a_phone_or_runs_a_script_of_others(hers):
    """Attacks 16, 24 and 29."""
    hers.campaign.rules = "<script>alert(1)</script>"
    hers.campaign.save()

    for route in ROUTES:
        answer = Client().get(at(route, hers.campaign.slug, token_of(hers)))
        shown = answer.content.decode(errors="replace")
        assert answer.status_code in (200, 404, 405)
        assert PHONE not in shown
        assert "<script>alert" not in shown
        policy = answer["Content-Security-Policy"].partition("script-src")[2]
        assert policy
        assert "'unsafe-inline'" not in policy.partition(";")[0]
        assert answer["X-Content-Type-Options"] == "nosniff"
        if answer.status_code == 200:
            assert answer["X-Robots-Tag"] == "noindex"


def changed_since(before: dict) -> set[str]:
    return {name for name, rows in everything().items() if rows != before[name]}
