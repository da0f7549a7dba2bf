"""What contacts have to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class ContactCreated(Event):
    """We know of somebody we did not know of."""

    title: ClassVar = _("became known")


@dataclass(frozen=True, kw_only=True)
class FollowStarted(Event):
    """An employee and a contact became connected."""

    title: ClassVar = _("was added")

    follow_id: int
    employee_id: int
    state: str = ""
    welcome_code: str = ""


@dataclass(frozen=True, kw_only=True)
class StateLearned(Event):
    """By which door they came is heard of only after they were added."""

    title: ClassVar = _("came by a door")

    follow_id: int
    employee_id: int
    state: str


@dataclass(frozen=True, kw_only=True)
class FollowEnded(Event):
    """They ceased to be. `ended_by` is a value of Follow.EndedBy."""

    title: ClassVar = _("connection ended")

    follow_id: int
    employee_id: int
    ended_by: str


@dataclass(frozen=True, kw_only=True)
class TransferFailed(Event):
    """A contact did not move to another employee. `reason` is WeCom's word for why:
    customer_refused or customer_limit_exceed."""

    title: ClassVar = _("was not handed over")

    employee_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ArchivingAgreed(Event):
    """The contact agreed that the chat is archived."""

    title: ClassVar = _("agreed to chat archiving")

    employee_id: int


@dataclass(frozen=True, kw_only=True)
class WelcomeAllowed(Event):
    """WeCom lets us greet somebody whom we knew to be connected already: confirmed
    after they had added us, or read before we were told, or agreed to archiving."""

    title: ClassVar = _("may be greeted")

    follow_id: int | None
    employee_id: int
    welcome_code: str
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class ContactsMerged(Event):
    """Another contact turned out to be this one; all that was theirs is here now."""

    title: ClassVar = _("was merged with another contact")

    merge_id: int
    other_id: int


@dataclass(frozen=True, kw_only=True)
class MergeUndone(Event):
    """A merge was taken back; told of both."""

    title: ClassVar = _("a merge was taken back")

    merge_id: int
    other_id: int


@dataclass(frozen=True, kw_only=True)
class AttributesChanged(Event):
    """Fields of a contact have other values than before; which, but not what."""

    title: ClassVar = _("attributes changed")

    attribute_ids: list[int]
