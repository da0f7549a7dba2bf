"""Read everything from WeCom: from nothing, on from where a kill left it, or again."""

import json
import sys
import time

from django.core.management.base import BaseCommand, CommandError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.common.jobs import Job
from apps.sync.models import Pull
from apps.sync.pull import advance, start_pull

PAUSE = 1.0  # seconds between two looks at a pull that waits, or that another runs


class Command(BaseCommand):
    requires_system_checks = []
    help = "Read everything from WeCom and keep what differs; goes on where it stopped."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON object on the last line"
        )

    def handle(self, *args, **options) -> None:
        pull = start_pull(by=None, at=timezone.now())
        while pull.status in Job.UNFINISHED:
            Pull.objects.filter(pk=pull.pk).update(attempts=F("attempts") + 1)
            pull.refresh_from_db()
            advance(pull=pull, watch=self.watch)
            self.wait(pull)
        self.stderr.write("")
        if options["json"]:
            self.stdout.write(json.dumps(summary(pull), ensure_ascii=False))
        if pull.status != Job.Status.DONE:
            raise CommandError(pull.last_error)
        if not options["json"]:
            self.report(pull)

    def wait(self, pull: Pull) -> None:
        """Until WeCom may be asked again, or the process that is at it has ended."""
        pull.refresh_from_db()
        while pull.status in Job.UNFINISHED:
            self.say(pull, pull.last_error or pull.doing)
            time.sleep(PAUSE)
            pull.refresh_from_db()
            if not pull.last_error or pull.due_at <= timezone.now():
                return

    def watch(self, pull: Pull) -> None:
        self.say(pull, f"{pull.percent:3d}%  {pull.doing}")

    def say(self, pull: Pull, text: str) -> None:
        """One line that is written over, where somebody watches."""
        end = "\r" if sys.stderr.isatty() else "\n"
        if end == "\r" or text != getattr(self, "said", ""):
            self.stderr.write(f"\r{text:<78}" if end == "\r" else text, ending=end)
        self.said = text

    def report(self, pull: Pull) -> None:
        self.stdout.write(_("Everything has been read from WeCom."))
        for step, tally in pull.counts.items():
            if isinstance(tally, dict):
                numbers = "  ".join(f"{name} {tally[name]}" for name in tally)
                self.stdout.write(f"  {step:<10} {numbers}")
        for asked in pull.held_back:
            self.stdout.write(
                _("%(n)d of %(held)d are no longer listed (%(what)s): please confirm.")
                % {
                    "n": len(asked["items"]),
                    "held": asked["held"],
                    "what": " ".join(filter(None, [asked["step"], asked["whole"]])),
                }
            )


def summary(pull: Pull) -> dict:
    return {
        "pull": pull.pk,
        "status": pull.status,
        "calls": pull.calls,
        "counts": pull.counts,
        "held_back": [{**a, "items": len(a["items"])} for a in pull.held_back],
        "error": pull.last_error,
    }
