"""What is told of other systems' keys."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class KeyMade(Event):
    """Another system may come in by one more key."""

    title: ClassVar = _("API key made")

    client_id: int
    key_id: int


@dataclass(frozen=True, kw_only=True)
class KeyRevoked(Event):
    """A key opens nothing any more."""

    title: ClassVar = _("API key revoked")

    client_id: int
    key_id: int
