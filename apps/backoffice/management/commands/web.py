"""The web server alone."""

import os
import shutil
import sys

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.wecom.quarantine import look_at_the_start

CONNECTIONS = 1000  # of each process; browsers and proxies keep theirs open
# OpenBLAS puts half a megabyte on the stack to reckon with several threads, which those
# that answer requests have not got: the process would be gone. One core will do.
ONE_CORE = {"OPENBLAS_NUM_THREADS": "1"}


class Command(BaseCommand):
    help = "Answer requests. serve starts this together with everything else."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, host, port, **options):
        count_together(settings.BASE_DIR / "var" / "counted" / str(port))
        look_at_the_start()
        os.environ |= ONE_CORE
        os.execv(sys.executable, granian("scrm.wsgi:application", host, port))


def granian(application, host, port):
    """How the server is started, whatever it is to answer with."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", host, "--port", str(port)]
    command += ["--workers", str(settings.WEB_PROCESSES)]
    command += ["--blocking-threads", str(settings.WEB_THREADS)]
    # Not of requests but of connections: one that is kept alive counts while it idles,
    # and a few idle ones must not shut everybody else out.
    command += ["--backpressure", str(CONNECTIONS)]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "15"]
    return [*command, application]


def count_together(folder):
    """Let prometheus_client add up what several processes count, from nought."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
