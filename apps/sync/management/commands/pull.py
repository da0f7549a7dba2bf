"""Read everything from WeCom: from nothing, on from where a kill left it, or again."""

import json
import sys

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.common.jobs import Job
from apps.sync.models import Pull
from apps.sync.pull import start_pull
from apps.sync.see_through import see_through
from apps.sync.steps import steps_of


class Command(BaseCommand):
    requires_system_checks = []
    help = "Read everything from WeCom and keep what differs; goes on where it stopped."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--scope",
            choices=Pull.Scope.values,
            default=Pull.Scope.WHOLE.value,
            help="what is read: everything, unless said otherwise",
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object on the last line"
        )

    def handle(self, *args, **options) -> None:
        pull = start_pull(by=None, at=timezone.now(), scope=options["scope"])
        pull = see_through(pull, watch=self.watch)
        self.stderr.write("")
        if options["json"]:
            self.stdout.write(json.dumps(summary(pull), ensure_ascii=False))
        if pull.status != Job.Status.DONE:
            raise CommandError(pull.last_error)
        if not options["json"]:
            self.report(pull)

    def watch(self, pull: Pull) -> None:
        self.say(pull, pull.last_error or f"{pull.percent:3d}%  {pull.doing}")

    def say(self, pull: Pull, text: str) -> None:
        """One line that is written over, where somebody watches."""
        end = "\r" if sys.stderr.isatty() else "\n"
        if end == "\r" or text != getattr(self, "said", ""):
            self.stderr.write(f"\r{text:<78}" if end == "\r" else text, ending=end)
        self.said = text

    def report(self, pull: Pull) -> None:
        self.stdout.write(_("WeCom has been read to the end."))
        for step in steps_of(pull):
            tally = pull.counts[step.NAME]
            numbers = "  ".join(f"{name} {tally[name]}" for name in tally)
            self.stdout.write(f"  {step.NAME:<10} {numbers}")
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
