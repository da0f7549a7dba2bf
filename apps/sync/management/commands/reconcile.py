"""Compare with WeCom and report; unless it is only a check, mend and look again."""

import json

from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import Refused
from apps.sync.models import Pull
from apps.sync.reconcile import Report, check, mend

SHOWN = 50  # differences that are printed one by one


class Command(BaseCommand):
    requires_system_checks = []
    help = "Compare with WeCom, report what differs, mend it, and look once more."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="mend nothing, only report"
        )
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
        try:
            self.reconcile(**options)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal

    def reconcile(self, *, scope: str, **options) -> None:
        report = check(scope=scope)
        self.show(report)
        left = None
        if report.found and not options["check"]:
            mend(scope=scope)
            left = check(scope=scope)
            self.show(left)
        if options["json"]:
            answer = {
                "differences": report.differences,
                "read": dict(report.read),
                "passed_over": report.passed_over,
            }
            if left is not None:
                answer["left"] = left.differences
            self.stdout.write(json.dumps(answer, ensure_ascii=False))

    def show(self, report: Report) -> None:
        for found in report.found[:SHOWN]:
            self.stdout.write(
                f"{found.thing} {found.kind} {found.subject} {found.field} "
                f"{found.ours!r} → {found.theirs!r}".replace("'' → ''", "").rstrip()
            )
        more = len(report.found) - SHOWN
        if more > 0:
            self.stdout.write(f"… {more} more")
        self.stdout.write(f"{len(report.found)} differences")
