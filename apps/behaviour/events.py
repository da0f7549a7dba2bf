"""What behaviour has to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class BehaviourReported(Event):
    """A contact did something elsewhere. `name` is its kind."""

    title: ClassVar = _("did something elsewhere")

    behaviour_id: int
    name: str
