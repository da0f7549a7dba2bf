"""Where benchmarks write down what they measured: docs/benchmarks.md, each between
marks of its own, so that one may be run without the others."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scrm.embedded.postgres import find_programs

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
GIBIBYTE = 1024**3

Gate = tuple[str, float, str, float]  # what, measured, "at least" or "at most", limit


def write(name: str, table: str, *, settings: Mapping[str, str]) -> None:
    """Put the table of a benchmark into its place, with what it was measured on."""
    text = PAGE.read_text()
    first, last = marks(name)
    if first not in text:
        text = f"{text.rstrip()}\n\n## `./run bench {name}`\n\n{first}\n{last}\n"
    before, _mark, rest = text.partition(first)
    _old, _mark, after = rest.partition(last)
    measured = f"{first}\n{circumstances(settings)}\n\n{table.strip()}\n{last}"
    half = PAGE.with_suffix(".half")
    half.write_text(before + measured + after)
    half.replace(PAGE)


def marks(name: str) -> tuple[str, str]:
    return f"<!-- {name} -->", f"<!-- end of {name} -->"


def table_of(gates: Sequence[Gate]) -> str:
    lines = ["| What | Measured | Gate | |", "|---|---|---|---|"]
    for gate in gates:
        what, value, side, limit = gate
        kept = "kept" if keeps(gate) else "**missed**"
        lines.append(f"| {what} | {figure(value)} | {side} {figure(limit)} | {kept} |")
    return "\n".join(lines)


def keeps(gate: Gate) -> bool:
    _what, value, side, limit = gate
    return value >= limit if side == "at least" else value <= limit


def figure(value: float) -> str:
    """As many digits as mean something."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def circumstances(settings: Mapping[str, str]) -> str:
    """When, what, on which machine, with which PostgreSQL."""
    given = ", ".join(f"`{name}={value}`" for name, value in settings.items())
    asked = f"; PostgreSQL {postgres()} with {given}" if settings else ""
    return f"{datetime.now(UTC):%Y-%m-%d}, commit {commit()}, on {machine()}{asked}."


def commit() -> str:
    short = said("git", "rev-parse", "--short", "HEAD")
    changed = said("git", "status", "--porcelain", "--", ":!docs/benchmarks.md")
    return (short or "unknown") + ("-dirty" if changed else "")


def said(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def machine() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        told = ""
    named = re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE)
    model = named[1] if named else platform.processor() or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBIBYTE
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB"


def postgres() -> str:
    version = said(str(find_programs() / "postgres"), "--version")
    return version.split()[2] if version else "unknown"
