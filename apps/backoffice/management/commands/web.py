"""The web server alone."""

import os
import shutil
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
        count_together(settings.BASE_DIR / "var" / "counted" / str(port))
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
        granian += ["--host", host, "--port", str(port)]
        granian += ["--workers", str(settings.WEB_PROCESSES)]
        threads = str(settings.WEB_THREADS)
        granian += ["--blocking-threads", threads, "--backpressure", threads]
        granian += ["--respawn-failed-workers", "--workers-kill-timeout", "15"]
        os.execv(sys.executable, [*granian, "scrm.wsgi:application"])


def count_together(folder):
    """Let prometheus_client add up what several processes count, from nought."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
