"""One look at contacts: how they came, who serves them, what is at risk.

For a page of a list as for one contact it takes one query.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from apps.common.panels import shared
from apps.common.wording import moment
from apps.contacts.models import Contact, Follow
from apps.contacts.ways import AddWay
from apps.staff.models import Employee

SILENT = timedelta(days=30)  # without any event: nobody takes care of them
Standing = Contact.Standing
WAYS = dict(AddWay.choices)  # Django makes it anew for each row that asks

STANDING_COLOURS: dict[str, str] = {
    Standing.FRIEND: "success",
    Standing.LEFT: "danger",
    Standing.DROPPED: "warning",
    Standing.GROUP: "default",
    Standing.KNOWN: "default",
}


@dataclass(kw_only=True)
class Portrait:
    """A contact with their follows: those that go on first, then the last to end."""

    contact: Contact
    follows: list[Follow] = field(default_factory=list)

    @property
    def open(self) -> list[Follow]:
        return [follow for follow in self.follows if follow.ended_at is None]

    @property
    def first(self) -> Follow | None:
        """The follow by which they came."""
        return min(self.follows, key=lambda f: (f.started_at, f.pk), default=None)

    @property
    def others(self) -> list[Employee]:
        """Who serves them besides the owner."""
        owner = self.contact.owner_id
        return [f.employee for f in self.open if f.employee_id != owner]

    @property
    def came_by(self) -> str:
        way = self.first.add_way if self.first else None
        return "" if way is None else str(WAYS.get(way, way))

    @property
    def state(self) -> str:
        return self.first.state if self.first else ""

    @property
    def remark(self) -> str:
        """What the owner calls them, else what anybody does; empty if as themselves."""
        owner = self.contact.owner_id
        ordered = sorted(self.follows, key=lambda follow: follow.employee_id != owner)
        remarks = (f.remark for f in ordered if f.remark != self.contact.name)
        return next((remark for remark in remarks if remark), "")

    @property
    def company(self) -> str:
        """Where they work: as WeCom says, else as a remark says."""
        told = (f.remark_corp_name for f in self.follows)
        return self.contact.corp_name or next((name for name in told if name), "")

    @property
    def colour(self) -> str:
        return STANDING_COLOURS.get(self.contact.standing, "default")

    @property
    def is_wecom(self) -> bool:
        return self.contact.kind == Contact.Kind.WECOM

    @property
    def is_wechat(self) -> bool:
        return self.contact.kind == Contact.Kind.WECHAT


@dataclass(frozen=True)
class Risk:
    words: str
    tone: str  # of a badge: "danger", "warning" or "info"


def portraits(contacts: Sequence[Contact]) -> dict[int, Portrait]:
    """By number of the contact. What is sealed or long is left where it is."""
    found = {contact.pk: Portrait(contact=contact) for contact in contacts}
    rows = Follow.objects.filter(identity__contact__in=list(found))
    rows = rows.select_related("employee", "identity").defer(
        "phones_sealed", "phones_digest", "employee__spelling", "employee__grams"
    )
    for follow in rows.order_by("started_at", "pk"):
        found[follow.identity.contact_id].follows.append(follow)
    for portrait in found.values():
        portrait.follows.sort(key=in_order)
    return found


def portrait_of(contact: Contact) -> Portrait:
    """Of one contact, for all panels of their page."""
    return shared(contact, "portrait", lambda: portraits([contact])[contact.pk])


def in_order(follow: Follow) -> tuple:
    """Those that go on first, oldest first; then those that ended, last first."""
    if follow.ended_at is None:
        return 0, follow.started_at.timestamp(), follow.pk
    return 1, -follow.ended_at.timestamp(), -follow.pk


def risks(portrait: Portrait, *, last_at: datetime | None, at: datetime) -> list[Risk]:
    """What an account manager should know before writing to them; worst first."""
    contact, found = portrait.contact, []
    left = [f for f in portrait.follows if f.ended_by == Follow.EndedBy.CONTACT]
    back = {f.employee_id for f in portrait.open}
    for follow in [f for f in left if f.employee_id not in back][:2]:
        places: dict[str, Any] = {
            "employee": follow.employee,
            "at": moment(follow.ended_at),
        }
        found.append(Risk(gettext("Deleted %(employee)s on %(at)s") % places, "danger"))
    if contact.standing != Standing.FRIEND:
        return found
    if contact.owner and contact.owner.has_left:
        found.append(Risk(gettext("The owner has left the company"), "warning"))
    heard_at = max(filter(None, [last_at, contact.added_at]))
    if at - heard_at >= SILENT:
        days = {"days": (at - heard_at).days}
        found.append(Risk(gettext("No news for %(days)d days") % days, "warning"))
    return found
