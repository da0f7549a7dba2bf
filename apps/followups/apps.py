"""The work with a contact: what was said."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FollowupsConfig(AppConfig):
    name = "apps.followups"
    verbose_name = _("Follow-ups")
