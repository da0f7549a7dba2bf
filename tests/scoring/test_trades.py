"""Ready-made rules: what they know of a region, of groups and of content."""

import pytest

from apps.contacts.attributes import Told, set_values
from apps.contacts.reading_values import fields_of, read_value
from apps.events.models import EventRecord
from apps.scoring.keep import put_in_force
from apps.scoring.trades import TRADES, offers, take
from apps.scoring.why import why
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.scoring.ledgers import did, heard, standing, work_off

pytestmark = pytest.mark.django_db
REGION = "已知所在城市"


def lives_in(contact, city, *, by) -> None:
    [field] = fields_of([by])
    told = Told(contact.pk, by.pk, read_value(field, city))
    set_values([told], source=EventRecord.Source.PERSON, at=day(1))


def earned(contact) -> set[str]:
    found = why(contact.pk, at=day(2))
    groups = (*found.fit, *found.engagement)
    return {each.version.rule.name for group in groups for each in group.rules}


def test_each_has_a_line_for_the_region_if_a_field_says_the_city():
    make.attribute("职业")
    assert all(REGION not in names(offer) for offer in offers(TRADES.values()))

    make.attribute("所在城市", tells_city=True)

    found = offers(TRADES.values())
    assert len(found) == 5
    assert all(REGION in names(offer) for offer in found)
    page = signed_in(make.user(role="admin")).get("/admin/scoring/scorerule/templates/")
    assert page.content.decode().count(REGION) >= 5


def names(offer) -> list[str]:
    return [said.name for said in offer.rules]


def test_what_wecom_and_the_mini_program_tell_is_earned():
    city = make.attribute("所在城市", tells_city=True)
    near, far = make.contact("本地"), make.contact("外地")
    lives_in(near, "杭州", by=city)
    take(trade=TRADES["b2b"], by=make.root(), at=day(1))
    work_off()
    put_in_force(by=make.root(), at=day(1))
    work_off()

    heard(
        did(near, "content_viewed", at=day(1), number=1),
        did(near, "content_shared", at=day(1), number=2),
        happened(near, "GroupJoined", stay_id=1),
        happened(far, "GroupJoined", stay_id=2),
        happened(far, "GroupLeft", stay_id=2, left_by="self"),
        at=day(1),
    )

    assert earned(near) == {REGION, "打开文章", "转发了内容", "入群"}
    assert earned(far) == {"入群", "退群"}
    assert standing(near).engagement == 5 + 8 + 8


def happened(contact, kind, **facts):
    told = {"group_id": 1, **facts}
    return make.event(kind, at=day(1), contact=contact, **told)
