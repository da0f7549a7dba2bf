"""Files as people bring them, and as attackers do (cases 25 and 29)."""

import io
import zipfile

import pytest

from apps.common import tables
from apps.common.spreadsheets import guarded
from apps.common.tables import (
    FileTooLarge,
    NoTable,
    NothingInIt,
    TooManyColumns,
    TooManyRows,
    UnpacksToTooMuch,
    read_table,
)
from tests.tables import csv_of, xlsx_of

PEOPLE = [["姓名", "手机", "备注"], ["张三", "13800005678", "老客户，常来"]]


def rows_of(content: bytes) -> list[list[str]]:
    return [row.cells for row in read_table(io.BytesIO(content)).rows]


@pytest.mark.parametrize(
    "content",
    [
        csv_of(PEOPLE),
        csv_of(PEOPLE, encoding="utf-8-sig"),
        csv_of(PEOPLE, encoding="gbk"),
        csv_of(PEOPLE, encoding="gb18030", delimiter="\t"),
        csv_of(PEOPLE, encoding="utf-16", delimiter=";"),
        xlsx_of(PEOPLE),
    ],
    ids=["utf-8", "with a mark", "gbk", "tabs", "utf-16", "xlsx"],
)
def test_a_table_is_read_whatever_its_encoding(content):
    table = read_table(io.BytesIO(content))

    assert table.columns == PEOPLE[0]
    assert [row.cells for row in table.rows] == PEOPLE[1:]


def test_numbers_and_days_of_a_spreadsheet_are_read_as_people_see_them():
    content = xlsx_of([["a", "b", "c"], [13800005678, 3.5, True]])

    assert rows_of(content) == [["13800005678", "3.5", "是"]]


def test_rows_keep_their_numbers_and_blank_ones_fall_away():
    content = "姓名\n\n张三\n\n\n李四\n".encode()

    table = read_table(io.BytesIO(content))

    assert [(row.number, row.cells) for row in table.rows] == [
        (3, ["张三"]),
        (6, ["李四"]),
    ]


def test_columns_without_a_name_or_with_the_same_are_told_apart():
    table = read_table(io.BytesIO("手机,手机,,\n1,2,3,\n".encode()))

    assert table.columns == ["手机", "手机 (2)"]
    assert [row.cells for row in table.rows] == [["1", "2"]]


@pytest.mark.parametrize(
    "text",
    ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "9" * 15, "'平常", "张三"],
)
def test_what_looks_like_a_formula_is_text_and_comes_back_as_it_was(text):
    out = guarded(text)

    assert out[0] not in "=+-@\t＝"
    assert rows_of(csv_of([["a"], [out]])) == [[text.strip()]]


class TestRefuses:
    @pytest.mark.parametrize(
        "content",
        [
            b"<html><script>alert(1)</script></html>\x00",
            b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
            b"PK\x03\x04 not a zip",
            b"%PDF-1.7\x00",
        ],
    )
    def test_what_is_no_table_whatever_it_is_called(self, content):
        with pytest.raises(NoTable):
            rows_of(content)

    def test_another_archive(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("../../etc/passwd", "x")

        with pytest.raises(NoTable):
            rows_of(packed.getvalue())

    def test_a_bomb_before_it_goes_off(self):
        bomb = xlsx_of(PEOPLE, more={"xl/media/x": b"\0" * 160_000_000})
        assert len(bomb) < 1_000_000

        with pytest.raises(UnpacksToTooMuch):
            rows_of(bomb)

    @pytest.mark.parametrize(
        ("cell", "refusal"), [("XFD2", TooManyColumns), ("A1048576", TooManyRows)]
    )
    def test_one_cell_at_the_far_end(self, cell, refusal):
        with pytest.raises(refusal):
            rows_of(xlsx_of(PEOPLE, far=cell))

    def test_an_entity_that_grows(self):
        entities = '<!DOCTYPE x [<!ENTITY a "' + "a" * 1_000 + '">]>'
        grown = xlsx_of(PEOPLE, before=entities.encode(), text="&a;" * 1_000)

        try:
            rows = rows_of(grown)
        except NoTable:
            return
        assert sum(len(cell) for row in rows for cell in row) < 10_000

    @pytest.mark.parametrize("content", [b"", b"\n\n", "姓名,手机\n".encode()])
    def test_nothing(self, content):
        with pytest.raises(NothingInIt):
            rows_of(content)

    def test_too_much(self, monkeypatch):
        many = csv_of([["a"], *([str(n)] for n in range(100_001))])
        with pytest.raises(TooManyRows):
            rows_of(many)
        with pytest.raises(TooManyColumns):
            rows_of(csv_of([["a"] * 101, ["b"] * 101]))
        with pytest.raises(FileTooLarge):
            rows_of(b"a" * (tables.LARGEST + 1))
