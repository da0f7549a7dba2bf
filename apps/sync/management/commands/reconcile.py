"""Compare with WeCom and report; unless it is only a check, mend and look again."""

import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.common.jobs import Job
from apps.sync.pull import advance, start_pull
from apps.sync.reconcile import Report, check

SHOWN = 50  # differences that are printed one by one


class Command(BaseCommand):
    requires_system_checks = []
    help = "Compare everything with WeCom, report what differs, and mend it."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing, only report"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object on the last line"
        )

    def handle(self, *args, **options) -> None:
        report = check()
        self.show(report)
        mended = None
        if report.found and not options["check"]:
            mended = self.mend()
        if options["json"]:
            answer = {
                "differences": report.differences,
                "read": dict(report.read),
                "passed_over": report.passed_over,
            }
            if mended is not None:
                answer["left"] = mended.differences
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

    def mend(self) -> Report:
        pull = start_pull(by=None, at=timezone.now())
        advance(pull=pull)
        pull.refresh_from_db()
        if pull.status != Job.Status.DONE:
            raise CommandError(pull.last_error)
        left = check()
        self.show(left)
        return left
