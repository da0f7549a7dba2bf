"""At start-up, find what each app adds to the others by the name of a file."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

FOUND_BY_NAME = (
    *("subscribers", "rule_fields", "contact_panels", "campaign_panels"),
    "segment_uses",
)


class CommonConfig(AppConfig):
    name = "apps.common"
    verbose_name = "Common"

    def ready(self) -> None:
        from apps.common import checks  # noqa: F401 - it registers itself

        autodiscover_modules(*FOUND_BY_NAME)
