from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WelcomesConfig(AppConfig):
    name = "apps.welcomes"
    verbose_name = _("Welcomes")
