"""The web server alone."""

import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Answer requests. serve starts this together with everything else."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, host, port, **options):
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
        granian += ["--host", host, "--port", str(port)]
        granian += ["--workers", str(settings.WEB_PROCESSES)]
        granian += ["--blocking-threads", str(settings.WEB_THREADS)]
        granian += ["--respawn-failed-workers", "--workers-kill-timeout", "15"]
        os.execv(sys.executable, [*granian, "scrm.wsgi:application"])
