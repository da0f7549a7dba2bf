from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssignmentConfig(AppConfig):
    name = "apps.assignment"
    verbose_name = _("Assignment")
