"""A table brought, checked and written in one process; what it took, as JSON.

`./run bench imports` runs it: memory is only known of a process of its own.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402

from apps.contacts.models import Attribute, AttributeChoice  # noqa: E402
from apps.imports.bring_in import check, take_in, undo, write  # noqa: E402
from apps.imports.models import Import, Pass  # noqa: E402
from apps.staff.models import User  # noqa: E402


def main(path: Path) -> None:
    by = User.objects.create_superuser("bench")
    for number, (name, kind) in enumerate([("职业", "choice"), ("备注", "text")]):
        made = Attribute.objects.create(name=name, type=kind, position=number)
        if kind == "choice":
            for n, choice in enumerate(("教师", "医生", "工程师")):
                AttributeChoice.objects.create(attribute=made, name=choice, position=n)
    before = peak()
    with path.open("rb") as file:
        read, of = timed(
            lambda: take_in(file=file, name=path.name, by=by, at=timezone.now())
        )
    checked, _job = timed(
        lambda: work(check(of=of, meanings=of.meanings, at=timezone.now()))
    )
    of.refresh_from_db()
    written, _job = timed(lambda: work(write(of=of, at=timezone.now())))
    after = peak()
    of.refresh_from_db()
    told = {
        "read": read,
        "checked": checked,
        "written": written,
        "memory": after - before,
        "counts": of.counts["write"],
    }
    if "undo" in sys.argv:
        told["undone"], _job = timed(lambda: work(undo(of=of, at=timezone.now())))
    print(json.dumps(told))


def timed(do: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    answer = do()
    return time.monotonic() - began, answer


def work(job: Pass) -> Import:
    Pass.objects.filter(pk=job.pk).update(attempts=1)
    job.refresh_from_db()
    job.work_off()
    job.refresh_from_db()
    if job.status != "done":
        raise SystemExit(job.last_error)
    return job.of


def peak() -> float:
    """Megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
