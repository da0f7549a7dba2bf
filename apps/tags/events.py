"""What tags have to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class Tagged(Event):
    """A contact got a label; `follow_id` is empty for a label of our own."""

    title: ClassVar = _("was tagged")

    tag_id: int
    follow_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Untagged(Event):
    """A label was taken off a contact."""

    title: ClassVar = _("lost a tag")

    tag_id: int
    follow_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class TagDeleted(Event):
    """A label ceased to exist, and came off everybody who had it."""

    title: ClassVar = _("tag was deleted")

    tag_id: int
