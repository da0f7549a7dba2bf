"""The timetable alone."""

import os
import sys

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Ring for what happens by the clock. Run one of these, not several."
    requires_system_checks = []

    def handle(self, **options):
        celery = [sys.executable, "-m", "celery", "-A", "scrm.celery:app", "beat"]
        os.execv(sys.executable, [*celery, "--pidfile="])
