"""Work off every job that is due, and those that they make, then end."""

from django.core.management.base import BaseCommand

from apps.common.clock import now
from apps.common.jobs import every_kind_of_job
from apps.common.lanes import Lane
from apps.common.tracing import logged_as


class Command(BaseCommand):
    requires_system_checks = []
    help = "Work off all due jobs, then end. What waits for later is left waiting."

    def handle(self, *args, **options) -> None:
        while self.one_round():
            pass
        waiting = sum(
            model.objects.unfinished().count() for model in every_kind_of_job()
        )
        self.stdout.write(f"nothing is due; {waiting} jobs wait for later")

    def one_round(self) -> bool:
        found = False
        for lane in Lane.values:
            for model in every_kind_of_job():
                while jobs := model.objects.claim(lane=lane, at=now()):
                    found = True
                    for job in jobs:
                        with logged_as(job):
                            job.work_off()
        return found
