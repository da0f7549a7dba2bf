"""The keys of data at rest are changed: everything under the newest one."""

from django.core.management.base import BaseCommand, CommandError

from apps.common.resealing import reseal_all, under_older_keys


class Command(BaseCommand):
    help = "Seal and digest everything under the newest of SCRM_DATA_KEYS."

    def handle(self, **options):
        failed = reseal_all(told=self.tell)
        left = sum(under_older_keys().values()) + failed
        if left:
            raise CommandError(f"{left} rows are under an older key. Run it again.")
        self.stdout.write("Everything that is sealed is under the newest key.")

    def tell(self, model, done, total):
        share = 100 * done // max(total, 1)
        name = model._meta.verbose_name_plural
        self.stdout.write(f"{name}: {done:,} of {total:,} ({share}%)")
