"""Segments equal their rule (I11): swapped in one step, told of, refreshed when due."""

import pytest
from django.db import transaction

from apps.common.faults import Fault
from apps.contacts.models import Contact, Follow
from apps.events.models import EventRecord
from apps.segments.keep import (
    ChangedMeanwhile,
    GoesInCircles,
    InUse,
    NamesNothing,
    NameTaken,
    NotYours,
    freeze,
    keep,
    remove,
)
from apps.segments.models import Refresh, Segment, SegmentContact, SegmentDay
from apps.segments.refresh import follow_changes, refresh
from apps.staff.models import Department, Posting
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

LEFT = {"field": "standing", "op": "any", "value": ["left"]}
NOW = day(3)


def made(rule=LEFT, name="流失", *, at=NOW, fill=True, **fields) -> Segment:
    who = fields.pop("by", None) or make.root()
    segment = keep(
        rule=rule, name=name, folder="", description="", by=who, at=at, **fields
    )
    if fill:
        refresh(segment_id=segment.pk, at=at)
        Refresh.objects.all().delete()
    return Segment.objects.get(pk=segment.pk)


def members(segment: Segment) -> set[int]:
    rows = SegmentContact.objects.filter(segment=segment)
    return set(rows.values_list("contact", flat=True))


def news(kind: str) -> list[int]:
    rows = EventRecord.objects.filter(kind=kind)
    return sorted(rows.values_list("contact", flat=True))


def test_who_comes_and_goes_is_told_but_not_whom_a_new_rule_brings():
    first = make.contact(standing="left")
    segment = made()
    assert members(segment) == {first.pk}
    assert not news("SegmentEntered")

    second = make.contact(standing="left")
    Contact.objects.filter(pk=first.pk).update(standing="friend")
    refresh(segment_id=segment.pk, at=day(4))

    assert members(segment) == {second.pk}
    assert news("SegmentEntered") == [second.pk]
    assert news("SegmentLeft") == [first.pk]
    sizes = SegmentDay.objects.order_by("day").values_list("size", "came", "went")
    assert list(sizes) == [(1, 1, 0), (1, 1, 1)]


def test_a_changed_rule_brings_people_without_news():
    segment, friend = made(), make.contact()
    friends = {"field": "standing", "op": "any", "value": ["friend"]}

    segment = made(friends, segment=segment)

    assert members(segment) == {friend.pk}
    assert not news("SegmentEntered")
    assert [v.number for v in segment.versions.all()] == [2, 1]


def test_a_refresh_that_dies_halfway_leaves_all_as_it_was(settings, tmp_path):
    first = make.contact(standing="left")
    segment = made()
    make.contact(standing="left")
    Contact.objects.filter(pk=first.pk).update(standing="friend")
    settings.FAULTS_FILE = str(tmp_path / "faults")
    (tmp_path / "faults").write_text("seg.mid raise 1\n")

    with pytest.raises(Fault), transaction.atomic():
        refresh(segment_id=segment.pk, at=day(4))

    assert members(segment) == {first.pk}
    assert not news("SegmentLeft")


def test_what_changed_makes_only_those_segments_due_whom_it_can_touch():
    tag, other = make.tag(), make.tag("别的")
    by_tag = made({"field": "tags", "op": "any", "value": [tag.pk]}, "有标签")
    made({"field": "tags", "op": "any", "value": [other.pk]}, "别的")
    by_order = made({"field": "order_count", "op": "at_least", "value": 1}, "买过")
    on_it = made({"field": "segments", "op": "any", "value": [by_tag.pk]}, "套用")
    follow_changes(at=NOW)
    Refresh.objects.all().delete()
    follow = make.follow()
    follow_changes(at=NOW)  # of a new contact any segment may tell
    Refresh.objects.all().delete()

    make.tagging(tag, follow)
    follow_changes(at=NOW)
    assert [job.of for job in Refresh.objects.all()] == [by_tag]

    refresh(segment_id=by_tag.pk, at=NOW)
    Refresh.objects.all().delete()
    follow_changes(at=NOW)
    assert [job.of for job in Refresh.objects.all()] == [on_it]

    Refresh.objects.all().delete()
    make.order(follow.identity.contact, paid_at=day(2))
    follow_changes(at=NOW)
    assert by_order in [job.of for job in Refresh.objects.all()]


def test_whoever_dies_after_the_change_was_folded_has_not_lost_it(monkeypatch):
    tag = make.tag()
    segment = made({"field": "tags", "op": "any", "value": [tag.pk]})
    follow = make.follow()
    follow_changes(at=NOW)
    Refresh.objects.all().delete()
    make.tagging(tag, follow)

    def dies(_segments):
        raise Fault

    with monkeypatch.context() as killed, pytest.raises(Fault):
        killed.setattr("apps.segments.refresh.ask_for", dies)
        follow_changes(at=NOW)
    follow_changes(at=NOW)

    assert [job.of for job in Refresh.objects.all()] == [segment]


def test_whoever_joins_a_department_makes_its_segments_due():
    department = Department.objects.create(wecom_id=7, name="门店")
    rule = {"field": "followed_by_department", "op": "any", "value": [department.pk]}
    segment = made(rule)
    follow = make.follow()
    Posting.objects.create(employee=follow.employee, department=department)
    refresh(segment_id=segment.pk, at=NOW)  # as on every full hour
    assert members(segment) == {follow.identity.contact_id}
    follow_changes(at=NOW)
    Refresh.objects.all().delete()

    Follow.objects.update(ended_at=day(9))
    follow_changes(at=NOW)

    assert [job.of for job in Refresh.objects.all()] == [segment]


def test_one_refresh_that_nobody_has_begun_serves_all_who_ask():
    segment = made(fill=False)
    made(segment=segment, fill=False, name="又改名")

    assert Refresh.objects.count() == 1


def test_a_rule_may_not_lead_back_to_its_own_segment():
    first = made()
    second = made({"field": "segments", "op": "any", "value": [first.pk]}, "二")
    third = made(
        {"not": {"field": "segments", "op": "any", "value": [second.pk]}}, "三"
    )

    for last in (first, third):
        with pytest.raises(GoesInCircles):
            made({"field": "segments", "op": "none", "value": [last.pk]}, segment=first)
    with pytest.raises(InUse):
        remove(segment=first, by=make.root(), at=NOW)


def test_a_broken_rule_further_along_stands_in_nobodys_way():
    first = made()
    by_first = {"field": "segments", "op": "any", "value": [first.pk]}
    second = made(by_first, "二")
    broken = {"all": [by_first, {"field": "gone", "op": "is", "value": 1}]}
    Segment.objects.filter(pk=second.pk).update(rule=broken)
    by_second = {"field": "segments", "op": "any", "value": [second.pk]}

    assert made(by_second, "三", fill=False).rule == by_second
    third = made(fill=False, name="四")
    assert made(by_second, segment=third, fill=False, name="四").rule == by_second
    with pytest.raises(GoesInCircles):
        made(by_second, segment=first)


def test_a_list_stays_as_it_was_frozen():
    contact = make.contact(standing="left")
    kept = freeze(segment=made(), name="三月流失", by=make.root(), at=NOW)

    Contact.objects.update(standing="friend")
    refresh(segment_id=kept.pk, at=day(4))

    assert members(kept) == {contact.pk}


def test_names_are_one_each_and_what_a_rule_names_is_there():
    made()
    with pytest.raises(NameTaken):
        made()
    tag = make.tag()
    tag.deleted_at = NOW
    tag.save()
    with pytest.raises(NamesNothing):
        made({"field": "tags", "op": "any", "value": [tag.pk]}, "没了")


def test_of_two_who_change_it_the_second_is_told():
    segment = made()
    made(segment=segment, version=1, rule={"field": "tags", "op": "unknown"})

    with pytest.raises(ChangedMeanwhile):
        made(segment=segment, version=1)


def test_only_whoever_made_it_or_an_administrator_changes_it():
    ann, ben = make.user(role="manager"), make.user(role="manager")
    segment = made(by=ann)

    with pytest.raises(NotYours):
        made(segment=segment, by=ben)
    with pytest.raises(NotYours):
        remove(segment=segment, by=ben, at=NOW)
    made(segment=segment, by=make.user(role="admin"), name="改过")
    remove(segment=segment, by=ann, at=NOW)


def test_whoever_is_erased_is_in_no_segment():
    contact = make.contact(standing="left")
    segment = made()
    contact.delete()

    follow_changes(at=NOW)
    refresh(segment_id=segment.pk, at=NOW)

    assert not members(segment)
    assert Segment.objects.get(pk=segment.pk).many == 0
