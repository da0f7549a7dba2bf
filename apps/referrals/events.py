"""What referrals have to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class TallyChanged(Event):
    """Somebody whom the contact invited counts now, or does not any more."""

    title: ClassVar = _("what their invite counts changed")

    campaign_id: int
    invite_id: int
    referral_id: int
    points: int
