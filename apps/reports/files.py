"""A report as a file: CSV or XLSX, with the days and the time in its name. Audited."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, StreamingHttpResponse

from apps.common.audited import noted
from apps.common.spreadsheets import as_csv, as_xlsx, lumps
from apps.reports.models import Reckoning
from apps.reports.paths import Asked

FORMATS: dict[str, tuple[str, Any]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_xlsx,
    ),
}


def as_file(
    request: HttpRequest,
    rows: Iterator[Sequence[str]],
    *,
    what: str,
    asked: Asked,
    at: datetime,
) -> StreamingHttpResponse:
    wanted = request.GET.get("as", "")
    ending = wanted if wanted in FORMATS else "csv"
    kind, writer = FORMATS[ending]
    lines = list(rows)
    with transaction.atomic():
        after = {"many": len(lines) - 1, "report": what}
        noted(request, "exported", kind=Reckoning._meta.label_lower, after=after)
    name = f"{what}-{asked.first:%Y%m%d}-{asked.last:%Y%m%d}.{ending}"
    return StreamingHttpResponse(
        lumps(writer(lines)),
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
