"""A table of 50,000 contacts brought in, against a bare COPY of the rows it makes.

    ./run bench imports [--rows 50000]

The table is an XLSX with names, phones, ids of another system, two fields of the
company's own and labels. It is read, checked and written by the product, with
identities, values, labels, events and audit rows. The limit is every row that came of
it, of all these tables, copied into tables of the same columns: once without any
index, once with the same. The third is the table as it was brought, as text.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from tests.bench.report import Gate, keeps, table_of, write
from tests.bench.running import SETTINGS, Running, running
from tests.tables import xlsx_of

HEADING = ["姓名", "手机", "会员号", "职业", "备注", "标签"]
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡林郭何高罗"
NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
MADE = [
    "contacts_contact",
    "contacts_identity",
    "contacts_attributevalue",
    "contacts_uncompared",
    "tags_tagging",
    "events_eventrecord",
    "audit_contactkey",
    "audit_auditrow",
]
LEAST = 0.02  # of a bare COPY
MOST_CHECK, MOST_WRITE = 10, 180  # seconds
MOST_MEMORY = 300  # megabytes


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench imports")
    parser.add_argument("--rows", type=int, default=50_000)
    options = parser.parse_args(arguments)
    with running() as house:
        path = Path(house.folder, "客户.xlsx")
        rows = [row(n) for n in range(options.rows)]
        path.write_bytes(xlsx_of([HEADING, *rows]))
        told = json.loads(house.run("-m", "tests.bench.bringing", str(path)))
        made, plain = copied(house, "INCLUDING DEFAULTS")
        _made, same = copied(house, "INCLUDING ALL")
        text = copied_as_text(house, rows)
    if told["counts"]["new"] != options.rows:
        raise SystemExit(f"not all rows were imported: {told['counts']}")
    took = told["read"] + told["checked"]
    gates: list[Gate] = [
        ("read and checked, seconds", took, "at most", MOST_CHECK),
        ("written, seconds", told["written"], "at most", MOST_WRITE),
        ("of a bare COPY without indexes", plain / told["written"], "at least", LEAST),
        ("of a bare COPY with indexes", same / told["written"], "at least", LEAST),
        ("memory more than before, MB", told["memory"], "at most", MOST_MEMORY),
    ]
    lines = [
        table_of(gates),
        "",
        f"{options.rows:,} rows of the table make {made:,} rows of ours:"
        f" {options.rows / told['written']:,.0f} of the table a second. A bare COPY of"
        f" what was made takes {plain:.1f} s without indexes and {same:.1f} s with; of"
        f" the table itself, as text, {text:.2f} s ({text / told['written']:.3f}).",
    ]
    print("\n".join(lines))
    write("imports", "\n".join(lines), settings=SETTINGS)
    return 0 if all(map(keeps, gates)) else 1


def row(n: int) -> list[str]:
    name = SURNAMES[n % 20] + NAMES[n // 20 % 20] + NAMES[n // 400 % 20]
    job = ("教师", "医生", "工程师")[n % 3]
    tags = ("重点客户", "老客户、重点客户", "新客")[n % 3]
    return [name, f"138{n:08}", f"M{n:07}", job, f"第 {n} 位", tags]


def copied(house: Running, like: str) -> tuple[int, float]:
    """Every row that was made, once more: how many, and how long it takes."""
    made, took = 0, 0.0
    with psycopg.connect(house.database.url, autocommit=True) as session:
        for table in MADE:
            session.execute(f"CREATE TABLE bare (LIKE {table} {like})")
            with session.cursor().copy(f"COPY {table} TO STDOUT") as out:
                rows = b"".join(bytes(part) for part in out)
            took += copy_in(session, rows)
            made += rows.count(b"\n")
            session.execute("DROP TABLE bare")
    return made, took


def copied_as_text(house: Running, rows: Sequence[Sequence[str]]) -> float:
    text = "".join("\t".join(row) + "\n" for row in rows)
    with psycopg.connect(house.database.url, autocommit=True) as session:
        columns = ", ".join(f"c{n} text" for n in range(len(HEADING)))
        session.execute(f"CREATE TABLE bare ({columns})")
        return copy_in(session, text.encode())


def copy_in(session: psycopg.Connection, rows: bytes) -> float:
    began = time.monotonic()
    with session.cursor().copy("COPY bare FROM STDIN") as copy:
        copy.write(rows)
    return time.monotonic() - began
