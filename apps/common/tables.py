"""A file that somebody brings, as rows of text: CSV or XLSX, whatever its encoding.

What a file is, is told by what is in it, never by its name. A table has a heading and
at most 100,000 rows. Before a packed file is opened we look how much it would become.
"""

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook

from apps.common.errors import Refused
from apps.common.spreadsheets import is_watermark, unguarded

LARGEST = 20_000_000  # bytes
MOST_ROWS = 100_000
MOST_COLUMNS = 100
LONGEST_CELL = 2_000  # characters
UNPACKED = 150_000_000  # bytes that a packed table may become
PACKED = b"PK\x03\x04"
CELL = re.compile(rb'<(?:c|row)\b[^>]*?\br="([A-Z]{0,7})(\d{1,9})"')
DELIMITERS = ",\t;|"


class NoTable(Refused):
    """This is no table that can be read; CSV or XLSX is wanted."""

    code = "no_table"


class FileTooLarge(Refused):
    """The file is larger than 20 MB."""

    code = "file_too_large"


class UnpacksToTooMuch(Refused):
    """The file would unpack to more than a table of 100,000 rows needs."""

    code = "unpacks_to_too_much"


class TooManyRows(Refused):
    """The table has more than 100,000 rows; split it."""

    code = "too_many_rows"


class TooManyColumns(Refused):
    """The table has more than 100 columns."""

    code = "too_many_columns"


class NothingInIt(Refused):
    """The table has a heading at most, and no rows."""

    code = "nothing_in_it"


@dataclass(frozen=True)
class Row:
    """A row with its number as the spreadsheet shows it."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """The names of the columns, and the rows below them, to be gone through once."""

    columns: list[str]
    rows: Iterator[Row]
    digest: bytes  # of the file: the same for the same file


def read_table(file: IO[bytes]) -> Table:
    rows = lines_in(file)
    file.seek(0)
    digest = hashlib.sha256(file.read()).digest()
    heading = next(rows, None)
    if heading is None:
        raise NothingInIt
    columns = named(heading.cells)
    first = next(rows, None)
    if first is None:
        raise NothingInIt
    return Table(columns, limited(chain([first], rows), len(columns)), digest)


def lines_in(file: IO[bytes]) -> Iterator[Row]:
    """Every line in which anything stands, the heading as well."""
    file.seek(0, io.SEEK_END)
    if file.tell() > LARGEST:
        raise FileTooLarge
    return filled(file)


def filled(file: IO[bytes]) -> Iterator[Row]:
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    for row in packed_lines(file) if start.startswith(PACKED) else text_lines(file):
        if any(row.cells) and not is_watermark(row.cells):
            yield row


def named(cells: list[str]) -> list[str]:
    """Every column has a name of its own."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > MOST_COLUMNS:
        raise TooManyColumns
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split())[:60] or f"#{number}"
        while name in names:
            name = f"{name} ({number})"
        names.append(name)
    return names


def limited(rows: Iterator[Row], width: int) -> Iterator[Row]:
    for many, row in enumerate(rows, 1):
        if many > MOST_ROWS:
            raise TooManyRows
        cells = row.cells[:width]
        yield Row(row.number, cells + [""] * (width - len(cells)))


# --- CSV ------------------------------------------------------------------------------


def text_lines(file: IO[bytes]) -> Iterator[Row]:
    """UTF-8, with or without its mark, UTF-16 with it, or else the Chinese GB 18030."""
    text = decoded(file.read())
    if "\x00" in text:
        raise NoTable
    if not (delimiter := delimiter_of(text)):
        yield from spaced_lines(text)
        return
    csv.field_size_limit(LARGEST)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if len(cells) > 10 * MOST_COLUMNS:
                raise TooManyColumns
            yield Row(reader.line_num, [plain(cell) for cell in cells])
    except csv.Error as error:
        raise NoTable from error


def decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NoTable


def delimiter_of(text: str) -> str:
    """The one that the heading has most of; none where blanks stand between columns."""
    heading, _end, rest = text.lstrip("\r\n").partition("\n")
    found = max(DELIMITERS, key=heading.count)
    if found not in heading and is_spaced(heading, rest):
        return ""
    return found


def is_spaced(heading: str, rest: str) -> bool:
    """Columns set apart by blanks: several in the heading, as many below it."""
    columns = len(heading.split())
    lines = [line for line in rest[:10_000].splitlines()[:20] if line.strip()]
    return columns > 1 and all(len(line.split()) == columns for line in lines)


def spaced_lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        yield Row(number, [plain(cell) for cell in line.split()])


def plain(cell: str) -> str:
    return unguarded(cell).strip()[:LONGEST_CELL]


# --- XLSX -----------------------------------------------------------------------------


def packed_lines(file: IO[bytes]) -> Iterator[Row]:
    look_inside(file)
    file.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(file)
        sheet = workbook.get_sheet_by_index(0)
        for number, cells in enumerate(sheet.iter_rows(), 1):
            yield Row(number, [*map(written, cells)])
    except (CalamineError, ValueError, OSError, IndexError) as error:
        raise NoTable from error


def look_inside(file: IO[bytes]) -> None:
    """A workbook whose parts are small enough, and whose cells lie close together."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            if sum(part.file_size for part in parts) > UNPACKED or len(parts) > 1_000:
                raise UnpacksToTooMuch
            if "xl/workbook.xml" not in packed.namelist():
                raise NoTable
            for part in parts:
                if part.filename.startswith("xl/worksheets/"):
                    look_for_the_edge(packed, part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise NoTable from error


def look_for_the_edge(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """One cell at the far end would make a table of millions of empty ones."""
    unpacked, rest = 0, b""
    with packed.open(part) as content:
        while chunk := content.read(1_000_000):
            unpacked += len(chunk)
            if unpacked > UNPACKED:  # whatever the directory of the archive says
                raise UnpacksToTooMuch
            text = rest + chunk
            for letters, digits in CELL.findall(text):
                if int(digits) > MOST_ROWS + 1:
                    raise TooManyRows
                if column_number(letters) > MOST_COLUMNS:
                    raise TooManyColumns
            rest = text[-200:]


def column_number(letters: bytes) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def written(value: Any) -> str:
    """A cell as a person reads it: 13800005678, never 1.38E+10."""
    match value:
        case bool():
            return "是" if value else "否"
        case float() if value.is_integer():
            return f"{value:.0f}"
        case float():
            return f"{value:.15g}"
        case datetime() if value.time() == time():
            return f"{value.date()}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case date() | time():
            return f"{value}"
    return str(value).replace("\x00", "").strip()[:LONGEST_CELL]
