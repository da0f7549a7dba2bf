"""While a segment is refreshed (I11): it is read, edited, and its people change.

Real transactions: whoever reads sees those of before or those of after.
"""

import threading
import time

import pytest
from django.db import connection, transaction

from apps.common.faults import Fault
from apps.contacts.models import Contact
from apps.segments.keep import GoesInCircles, keep
from apps.segments.models import Refresh, Segment, SegmentContact
from apps.segments.refresh import follow_changes, refresh
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)


def members(segment: Segment) -> set[int]:
    rows = SegmentContact.objects.filter(segment=segment)
    return set(rows.values_list("contact", flat=True))


def standing(contact: Contact, how: str) -> None:
    Contact.objects.filter(pk=contact.pk).update(standing=how)


@pytest.fixture
def faults(settings, tmp_path):
    settings.FAULTS_FILE = str(tmp_path / "faults")
    return lambda line: (tmp_path / "faults").write_text(line)


def beside(work) -> threading.Thread:
    def alone():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=alone)
    thread.start()
    return thread


def test_readers_see_before_or_after_an_edit_waits_and_a_change_is_due(faults):
    goes, comes, late = (make.contact() for _number in range(3))
    standing(goes, "left")
    segment = make.segment()
    assert members(segment) == {goes.pk}
    standing(goes, "friend")
    standing(comes, "left")
    follow_changes(at=day(2))
    Refresh.objects.all().delete()
    friends = {"field": "standing", "op": "any", "value": ["friend"]}
    told = {"name": segment.name, "folder": "", "description": "", "by": make.root()}
    ended: dict[str, float] = {}

    def refreshing() -> None:
        refresh(segment_id=segment.pk, at=day(2))
        ended["refresh"] = time.monotonic()

    def editing() -> None:
        keep(rule=friends, segment=segment, version=1, at=day(2), **told)
        ended["edit"] = time.monotonic()

    faults("seg.mid sleep:1.5 1\n")
    first = beside(refreshing)
    time.sleep(0.5)
    second = beside(editing)
    standing(late, "left")
    assert members(segment) == {goes.pk}
    first.join()
    second.join()

    assert ended["refresh"] < ended["edit"]
    assert members(segment) == {comes.pk}
    faults("")
    follow_changes(at=day(2))
    assert Refresh.objects.filter(of=segment).exists()
    refresh(segment_id=segment.pk, at=day(2))
    assert members(segment) == {goes.pk}


def test_whoever_dies_in_the_middle_has_changed_nothing(faults):
    goes, comes = make.contact(), make.contact()
    standing(goes, "left")
    segment = make.segment()
    standing(goes, "friend")
    standing(comes, "left")

    faults("seg.mid raise 1\n")
    with pytest.raises(Fault):
        refresh(segment_id=segment.pk, at=day(2))

    assert members(segment) == {goes.pk}
    faults("")
    refresh(segment_id=segment.pk, at=day(2))
    assert members(segment) == {comes.pk}


def test_two_edits_at_once_make_no_circle():
    one, two = make.segment("一"), make.segment("二")
    told = {"folder": "", "description": "", "by": make.root(), "at": day(2)}
    refused = []

    def names(segment: Segment, other: Segment):
        rule = {"field": "segments", "op": "any", "value": [other.pk]}
        try:
            with transaction.atomic():
                keep(rule=rule, name=segment.name, segment=segment, **told)
                time.sleep(0.5)
        except GoesInCircles as refusal:
            refused.append(refusal)

    for thread in [beside(lambda: names(one, two)), beside(lambda: names(two, one))]:
        thread.join()

    assert len(refused) == 1
