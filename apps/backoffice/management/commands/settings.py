"""The page about settings."""

from django.core.management.base import BaseCommand

from scrm.settings_page import page


class Command(BaseCommand):
    help = "Print docs/settings.md as the table of variables has it."
    requires_system_checks = []

    def handle(self, **options):
        self.stdout.write(page(), ending="")
