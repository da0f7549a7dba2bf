"""Tables as files that a spreadsheet opens as they stand: CSV and XLSX, row by row.

No cell is taken for a formula, and no long number for 1.38E+10: in CSV such a text has
an apostrophe in front, which is taken away again when the file comes back; in XLSX all
cells are texts. Nothing is held but the row that is being written.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

MARK = "\ufeff"  # by which spreadsheets know UTF-8
HARMFUL = r"[=+\-@\t\r＝＋－＠]|\d{12,}$"
GUARDED = re.compile(rf"^'(?={HARMFUL})")
HARM = re.compile(HARMFUL)
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
WATERMARK = "※"  # a line that begins with it says where a table is from
LUMP = 32_000  # characters that are sent at once

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
AROUND = {
    "[Content_Types].xml": (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package'
        '.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEETS}.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{SHEETS}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{SHEETS}.styles+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" '
        'Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/>'
        "</Relationships>"
    ),
    # the second form is that of a text, which stays one when it is edited
    "xl/styles.xml": (
        f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1">'
        '<fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1">'
        '<xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="49" '
        'applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for anything but text."""
    return f"'{cell}" if HARM.match(cell) else cell


def unguarded(cell: str) -> str:
    return GUARDED.sub("", cell)


def is_watermark(cells: Sequence[str]) -> bool:
    return cells[0].startswith(f"{WATERMARK} ") and not any(cells[1:])


class Echo:
    """What csv writes a row to: the row itself."""

    def write(self, row: str) -> str:
        return row


def as_csv(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield MARK
    for row in rows:
        yield writer.writerow([guarded(cell) for cell in row])


class Outlet(io.RawIOBase):
    """What a ZIP is written into: whatever was written is taken out again."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece) -> int:
        self.waiting.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        piece, self.waiting = b"".join(self.waiting), []
        return piece


def as_xlsx(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    outlet = Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in AROUND.items():
            packed.writestr(name, HEAD + text)
        with packed.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for number, row in enumerate(rows, 1):
                sheet.write(row_of(number, row).encode())
                if outlet.waiting:
                    yield outlet.taken()
            sheet.write(b"</sheetData></worksheet>")
    yield outlet.taken()


def row_of(number: int, cells: Sequence[str]) -> str:
    inner = "".join(
        f'<c t="inlineStr" s="1"><is><t xml:space="preserve">{fit(cell)}</t></is></c>'
        for cell in cells
    )
    return f'<row r="{number}">{inner}</row>'


def fit(cell: str) -> str:
    """What XML can hold, and a cell of Excel."""
    return escape(UNFIT.sub("", cell)[:32_000])


def lumps(pieces: Iterable[str | bytes]) -> Iterator[bytes]:
    """Larger pieces, for each is a write of its own; the first goes at once."""
    held: list[bytes] = []
    size, sent = 0, False
    for piece in pieces:
        held.append(piece if isinstance(piece, bytes) else piece.encode())
        size += len(held[-1])
        if size >= LUMP or not sent:
            yield b"".join(held)
            held, size, sent = [], 0, True
    if held:
        yield b"".join(held)
