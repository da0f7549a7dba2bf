"""Contacts taken out as a table, in one process; what it took, as JSON.

`./run bench contacts` runs it: memory is only known of a process of its own.
"""

import json
import sys

import django

django.setup()

from django.utils import timezone  # noqa: E402

from apps.contacts.models import Contact  # noqa: E402
from apps.exports.ask import ask  # noqa: E402
from apps.exports.columns import columns_of  # noqa: E402
from apps.exports.models import Export, Writing  # noqa: E402
from apps.staff.models import User  # noqa: E402
from tests.bench.bringing import peak, timed  # noqa: E402


def main(form: str, rows: int) -> None:
    by = User.objects.get(username="bench-admin")
    seen = Contact.objects.visible_to(by).order_by("-added_at", "-pk")
    before = peak()
    asked, of = timed(
        lambda: ask(
            kind=Export.Kind.CONTACTS,
            listed=seen[:rows],
            query="",
            columns=[column.name for column in columns_of(Export.Kind.CONTACTS)],
            form=form,
            whole=False,
            reason="how fast it is",
            by=by,
            at=timezone.now(),
        )
    )
    written, _job = timed(lambda: work(of))
    told = {
        "number": of.pk,
        "columns": len(of.columns),
        "rows": of.rows,
        "asked": asked,
        "written": written,
        "memory": peak() - before,
    }
    print(json.dumps(told))


def work(of: Export) -> None:
    Writing.objects.filter(of=of).update(attempts=1)
    job = Writing.objects.get(of=of)
    job.work_off()
    job.refresh_from_db()
    if job.status != "done":
        raise SystemExit(job.last_error)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
