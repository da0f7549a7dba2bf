from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JoinsConfig(AppConfig):
    name = "apps.joins"
    verbose_name = _("Codes of groups")
