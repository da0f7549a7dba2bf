"""Who has left is counted in the statement that ends the follow, whatever the door."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.channels.models import Entry
from apps.channels.report import report_of
from apps.contacts.models import Follow
from tests import make
from tests.channels.doors import a_channel, scan
from tests.conftest import day

pytestmark = pytest.mark.django_db
CONTACT, EMPLOYEE = Follow.EndedBy.CONTACT, Follow.EndedBy.EMPLOYEE


def left(channel):
    return report_of(channel, at=timezone.now()).left


def end(entries, by):
    ended_at = day(3) if by else None
    follows = Follow.objects.filter(entry__in=entries)
    follows.update(ended_by=by, ended_at=ended_at)


def test_of_many_at_once_each_is_counted_and_whom_we_drop_is_not():
    ann = make.employee()
    channel, other = a_channel(ann), a_channel(ann)
    entries = [scan(channel, by=ann, at=day(2)) for _each in range(3)]
    theirs = scan(other, by=ann, at=day(2))

    end([*entries[:2], theirs], CONTACT)
    end(entries[2:], EMPLOYEE)

    assert (left(channel), left(other)) == (2, 1)


def test_whose_end_is_taken_back_has_not_left():
    ann = make.employee()
    channel = a_channel(ann)
    entry = scan(channel, by=ann, at=day(2))
    end([entry], CONTACT)
    assert left(channel) == 1

    end([entry], "")

    assert left(channel) == 0


def test_who_had_left_before_the_entry_was_written_is_counted():
    """The news of the end was faster than that of the code."""
    ann = make.employee()
    channel = a_channel(ann)
    gone = day(2) + timedelta(minutes=1)
    scan(channel, by=ann, at=day(2), ended_at=gone, ended_by=CONTACT)

    assert Entry.objects.get().has_left
    assert left(channel) == 1
