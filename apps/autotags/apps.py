from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AutotagsConfig(AppConfig):
    name = "apps.autotags"
    verbose_name = _("Tagging by rule")
