"""Pages on phones."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class H5Config(AppConfig):
    name = "apps.h5"
    verbose_name = _("Campaign pages")
