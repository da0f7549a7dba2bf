"""The files of an import: a template to fill in, and the rows that were left out.

The link to what was left out is signed, and dies after a day. Each of its rows has the
reason in a column of its own: mended, the file can be brought as it is.
"""

from collections.abc import Iterator
from typing import Any

from django.core import signing
from django.http import StreamingHttpResponse
from django.utils.translation import gettext

from apps.common.spreadsheets import as_csv, lumps
from apps.contacts.models import Attribute
from apps.imports.models import Import
from apps.imports.passes import LEFT_OUT

ALIVE = 24 * 60 * 60  # seconds that a link to a file lives
LINK = "import errors"
TEMPLATE = [
    *("姓名", "手机", "邮箱", "会员号", "公司", "归属员工", "标签"),
    *("同意营销", "同意时间", "同意渠道", "同意文本版本"),
]
ORDER_TEMPLATE = [
    *("订单号", "客户ID", "手机", "姓名", "下单时间", "订单状态", "付款时间"),
    *("订单金额", "退款金额", "店铺", "商品编号", "商品名称", "数量", "小计"),
]


def template_of(kind: str) -> StreamingHttpResponse:
    if kind == Import.Kind.ORDERS:
        return as_file([ORDER_TEMPLATE], name="orders.csv")
    own = Attribute.objects.in_use().values_list("name", flat=True)
    return as_file([[*TEMPLATE, *own]], name="template.csv")


def key_to(shown: Import) -> str:
    """What opens the file of rows left out."""
    return signing.dumps(shown.pk, salt=LINK)


def opens(key: str, shown: Import) -> bool:
    try:
        return signing.loads(key, salt=LINK, max_age=ALIVE) == shown.pk
    except signing.BadSignature:
        return False


def rows_left_out(shown: Import) -> Iterator[list[str]]:
    reason = gettext("reason for the error")
    kept = [n for n, column in enumerate(shown.columns) if column != reason]
    yield [*(shown.columns[n] for n in kept), reason]
    for part in shown.parts.order_by("number").iterator(chunk_size=1):
        for (_number, cells), (outcome, why) in zip(
            part.rows, part.found, strict=False
        ):
            if outcome in LEFT_OUT:
                yield [*(cells[n] for n in kept), why]


def as_file(rows: Any, *, name: str) -> StreamingHttpResponse:
    """CSV that a spreadsheet opens as it stands; no cell is taken for a formula."""
    return StreamingHttpResponse(
        lumps(as_csv(rows)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
