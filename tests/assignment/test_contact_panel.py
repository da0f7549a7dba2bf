"""The contact page says how a running handover stands."""

import pytest
from django.urls import reverse

from apps.assignment.handover_models import Offer
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "shown"), [("offered", True), ("queued", True), ("refused", False)]
)
def test_a_running_offer_is_shown_with_giver_and_taker(state, shown):
    ann, ben = make.employee("林静"), make.employee("王芳")
    follow = make.follow(make.contact(), employee=ann)
    of = make.handover(ann)
    Offer.objects.filter(handover=of).delete()
    Offer.objects.create(
        handover=of,
        identity=follow.identity,
        giver=ann,
        taker=ben,
        taker_name="王芳",
        state=state,
        due_at=day(1),
    )
    root = signed_in(make.user(role="admin", is_superuser=True))

    page = root.get(
        reverse("admin:contacts_contact_change", args=[follow.identity.contact_id])
    ).content.decode()

    assert ("林静 移交给 王芳" in page) is shown
