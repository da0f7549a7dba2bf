"""Ours is the default admin site."""

from django.apps import AppConfig
from django.contrib.admin import apps


class SiteConfig(apps.AdminConfig):
    """Django's admin, with our site in place of its own."""

    default = False
    default_site = "apps.backoffice.site.BackofficeSite"


class BackofficeConfig(AppConfig):
    name = "apps.backoffice"

    def ready(self) -> None:
        from apps.backoffice import reasons, sentences  # which need the models

        reasons.fill()
        sentences.fill()
