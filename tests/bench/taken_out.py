"""100,000 contacts taken out, with every column: written by one process, then fetched
from the web server, as CSV and as XLSX."""

import http.client
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.report import Gate
from tests.bench.running import Running, family

EXPORTED = 100_000
FIRST_BYTE = 2.0  # seconds
MOST_MEMORY = 200  # megabytes, of either process
LINK = re.compile(rb'href="(/admin/exports/export/file/\?key=[^"]+)"')
PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One table. Times in seconds, memory in megabytes more than before."""

    form: str
    rows: int
    columns: int
    asked: float
    written: float
    memory: float
    first_byte: float
    fetched: float
    size: int
    memory_of_web: float


def take_out(house: Running, key: str, *, rows: int) -> list[Taken]:
    return [taken(house, key, form, rows) for form in ("csv", "xlsx")]


def taken(house: Running, key: str, form: str, rows: int) -> Taken:
    command = ("-m", "tests.bench.taking_out", form, str(rows))
    wrote = json.loads(house.run(*command))
    page = b"".join(
        ask(house, key, f"/admin/exports/export/{wrote.pop('number')}/change/")
    )
    link = LINK.search(page)
    if link is None:
        raise SystemExit("the page of an export has no link to its file")
    before = peak(house)
    began = time.monotonic()
    pieces = ask(house, key, link[1].decode().replace("&amp;", "&"))
    size = len(next(pieces))
    first_byte = time.monotonic() - began
    size += sum(map(len, pieces))
    return Taken(
        form=form,
        first_byte=first_byte,
        fetched=time.monotonic() - began,
        size=size,
        memory_of_web=peak(house) - before,
        **wrote,
    )


def ask(house: Running, key: str, path: str):
    from tests.bench.contacts import headers  # which needs this module

    line = http.client.HTTPConnection("127.0.0.1", house.ports["web"])
    line.request("GET", path, headers=headers(key))
    answer = line.getresponse()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    while piece := answer.read1():
        yield piece
    line.close()


def peak(house: Running) -> float:
    """Megabytes of the web server's processes, at their most."""
    pids = family(house.processes["web"].pid)
    told = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return sum(int(found[1]) for text in told if (found := PEAK.search(text))) / 1024


def gates_of(taken: list[Taken]) -> list[Gate]:
    gates: list[Gate] = []
    for each in taken:
        of = f"export as {each.form.upper()}"
        most = max(each.memory, each.memory_of_web)
        gates += [
            (f"{of}: first byte, s", each.first_byte, "at most", FIRST_BYTE),
            (f"{of}: memory more than before, MB", most, "at most", MOST_MEMORY),
        ]
    return gates


def told(taken: list[Taken]) -> list[str]:
    return [
        f"- {each.rows:,} contacts with {each.columns} columns as {each.form.upper()}: "
        f"asked for in {each.asked:.1f} s, written in {each.written:.0f} s "
        f"({each.rows / each.written:,.0f} a second), fetched in {each.fetched:.1f} s "
        f"({each.size / 1e6:.0f} MB); +{each.memory:.0f} MB where it is written, "
        f"+{each.memory_of_web:.0f} MB in the web server."
        for each in taken
    ]
