"""Tables as files, made without the library that reads them."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType='
    '"application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxml'
    'formats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Type="' + OFFICE + '/{kind}" '
    'Target="{target}"/></Relationships>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def csv_of(
    rows: Sequence[Sequence[Any]], *, encoding: str = "utf-8", delimiter: str = ","
) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_of(
    rows: Sequence[Sequence[Any]],
    *,
    far: str = "",
    before: bytes = b"",
    text: str = "",
    more: Mapping[str, bytes] | None = None,
) -> bytes:
    """`far` is a cell far from the others, `before` stands above the sheet's XML."""
    lines = "".join(
        f'<row r="{n}">{"".join(cell_of(v, n, c) for c, v in enumerate(row))}</row>'
        for n, row in enumerate(rows, 1)
    )
    if far:
        lines += f'<row r="{far.lstrip("ABCDEFX")}">{string("x", far)}</row>'
    if text:
        lines += f'<row r="9"><c r="A9" t="inlineStr"><is><t>{text}</t></is></c></row>'
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>'
    book = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="表" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr(
            "_rels/.rels", LINKS.format(kind="officeDocument", target="xl/workbook.xml")
        )
        archive.writestr("xl/workbook.xml", book)
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            LINKS.format(kind="worksheet", target="worksheets/sheet1.xml"),
        )
        archive.writestr("xl/worksheets/sheet1.xml", before + sheet.encode())
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return packed.getvalue()


def cell_of(value: Any, row: int, column: int) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return string(value, place)


def string(value: str, place: str) -> str:
    inner = f"<is><t>{escape(value)}</t></is>"
    return f'<c r="{place}" t="inlineStr">{inner}</c>'
