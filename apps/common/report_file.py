"""A report as a file: CSV or XLSX, with its days in the name. Audited."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.http import HttpRequest, StreamingHttpResponse

from apps.common.audited import noted
from apps.common.spreadsheets import as_csv, as_xlsx, lumps

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
    kind: str,
    first: date,
    last: date,
) -> StreamingHttpResponse:
    """`rows` begin with titles; `?as=` says which form. `kind` is what it is of."""
    wanted = request.GET.get("as", "")
    ending = wanted if wanted in FORMATS else "csv"
    content_type, writer = FORMATS[ending]
    lines = list(rows)
    with transaction.atomic():
        after = {"many": len(lines) - 1, "report": what}
        noted(request, "exported", kind=kind, after=after)
    name = f"{what}-{first:%Y%m%d}-{last:%Y%m%d}.{ending}"
    return StreamingHttpResponse(
        lumps(writer(lines)),
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
