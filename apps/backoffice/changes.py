"""What changed on a day: each kind counted and listed by the same query.

A number on the front page is therefore the length of the list that it opens.

* Added, left, dropped are follows that began or ended that day: two employees who are
  added by the same contact are two.
* Joins, leaves and tag changes are taken from the event log, contacts only.
* Everybody is told of those contacts only whom they may see.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.wording import span
from apps.contacts.models import Contact, Follow
from apps.contacts.querysets import whom
from apps.events.models import EventRecord
from apps.events.telling import tell
from apps.staff.models import Employee, User

# Changes that are counted from the event log, and the events they are.
EVENTS_OF = {
    "joined": ("GroupJoined",),
    "quit": ("GroupLeft",),
    "tagged": ("Tagged", "Untagged"),
}


@dataclass(frozen=True)
class Period:
    """From the first moment up to, and without, the second."""

    start: datetime
    end: datetime

    @classmethod
    def of_day(cls, day: date, *, days: int = 1) -> "Period":
        """So many days of the house's zone, of which this is the last."""
        zone = timezone.get_current_timezone()
        end = datetime.combine(day, time.min, tzinfo=zone) + timedelta(days=1)
        return cls(start=end - timedelta(days=days), end=end)


@dataclass(frozen=True)
class Change:
    """A kind of change: its name, what exactly is counted, and its rows."""

    name: str
    title: Any
    definition: Any
    icon: str
    rows: Callable[[Period], QuerySet]

    def list(
        self, period: Period, *, user: User, employee: Employee | None = None
    ) -> QuerySet:
        """The rows with their contacts, latest first; of one employee's contacts."""
        rows = seen_by(user, self.rows(period))
        if rows.model is EventRecord:
            mine = {"contact__owner": employee} if employee else {}
            people = rows.filter(**mine).select_related("contact__owner")
            return people.order_by("-at", "-pk")
        moment = "started_at" if self.name == "added" else "ended_at"
        mine = {"employee": employee} if employee else {}
        people = rows.filter(**mine).select_related("identity__contact", "employee")
        return people.order_by(f"-{moment}", "-pk")


def seen_by(user: User, rows: QuerySet) -> QuerySet:
    """Follows, or events about a contact, of those whom the user may see."""
    by = "contact" if rows.model is EventRecord else "identity__contact"
    return rows.filter(whom(user, by))


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of the list as a page shows it."""

    contact: Contact
    employee: Employee | None
    at: datetime
    text: str


def lines(change: Change, rows: Iterable[Any]) -> list[Line]:
    rows = list(rows)
    if rows and isinstance(rows[0], EventRecord):
        sentences = tell(rows)
        return [
            Line(
                contact=record.contact,
                employee=record.contact.owner,
                at=record.at,
                text=sentences[record.pk],
            )
            for record in rows
        ]
    return [
        Line(
            contact=follow.identity.contact,
            employee=follow.employee,
            at=follow.started_at if change.name == "added" else follow.ended_at,
            text=way_of(follow) if change.name == "added" else lasted(follow),
        )
        for follow in rows
    ]


def way_of(follow: Follow) -> str:
    way = follow.get_add_way_display() if follow.add_way is not None else ""
    return " · ".join(str(part) for part in (way, follow.state) if part)


def lasted(follow: Follow) -> str:
    if not follow.start_known or follow.ended_at is None:
        return ""
    return gettext("after %(span)s") % {
        "span": span(follow.ended_at - follow.started_at)
    }


def began(period: Period) -> QuerySet:
    return Follow.objects.filter(
        started_at__gte=period.start, started_at__lt=period.end, start_known=True
    )


def ended(by: str) -> Callable[[Period], QuerySet]:
    def rows(period: Period) -> QuerySet:
        return Follow.objects.filter(
            ended_at__gte=period.start, ended_at__lt=period.end, ended_by=by
        )

    return rows


def happened(name: str) -> Callable[[Period], QuerySet]:
    def rows(period: Period) -> QuerySet:
        return EventRecord.objects.filter(
            kind__in=EVENTS_OF[name],
            at__gte=period.start,
            at__lt=period.end,
            contact__isnull=False,
        )

    return rows


CHANGES = {
    change.name: change
    for change in (
        Change(
            "added",
            _("New contacts"),
            _("Connections that began on this day; two employees count twice."),
            "person_add",
            began,
        ),
        Change(
            "left",
            _("Left us"),
            _("Contacts who deleted an employee on this day."),
            "person_remove",
            ended(Follow.EndedBy.CONTACT),
        ),
        Change(
            "dropped",
            _("Dropped by us"),
            _("Contacts whom an employee deleted on this day."),
            "person_off",
            ended(Follow.EndedBy.EMPLOYEE),
        ),
        Change(
            "joined",
            _("Joined a group"),
            _("Contacts who came into a group chat on this day."),
            "group_add",
            happened("joined"),
        ),
        Change(
            "quit",
            _("Left a group"),
            _("Contacts who went out of a group chat on this day, or were removed."),
            "group_remove",
            happened("quit"),
        ),
        Change(
            "tagged",
            _("Tag changes"),
            _("Tags put on contacts or taken off them on this day."),
            "sell",
            happened("tagged"),
        ),
    )
}
