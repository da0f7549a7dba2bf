"""Say that this database is an old copy, where it cannot be told by itself."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.wecom.quarantine import quarantine


class Command(BaseCommand):
    requires_system_checks = []
    help = "Hold back every command that may have been sent before a restore."

    def handle(self, *args, **options) -> None:
        held = quarantine(at=timezone.now())
        self.stdout.write(f"{held} commands wait for a person to decide")
