"""The pages, and what they name: links, pictures, files, functions, commands."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"
HANDBOOK = ROOT / "docs" / "handbook"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Ours, but neither what only a running product has nor a place for any name.
FILE = re.compile(r"(?:apps|scrm|docs|tests|templates|static|locale|\.ci)/[\w./-]*")
FUNCTION = re.compile(r"`((?:apps|scrm)/[\w/]+\.py)` \(?`([\w.]+)`")
RUN = re.compile(r"\./run ([a-z]\w*)([^\n#|;&]*)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", page.read_text())


def links(page: Path) -> Iterator[str]:
    """Where the page points to on this machine, with the place in the page if named."""
    for target in LINK.findall(prose(page)):
        if "://" not in target:
            yield target


def places(page: Path) -> set[str]:
    """The names under which its headings can be pointed to."""
    return {slug(heading) for heading in HEADING.findall(prose(page))}


def slug(heading: str) -> str:
    """As the common viewers of Markdown make it."""
    kept = [
        character
        for character in heading.lower().replace(" ", "-")
        if character in "-_" or unicodedata.category(character)[0] in "LN"
    ]
    return "".join(kept)


def files(page: Path) -> Iterator[str]:
    """Files and folders of ours that the page names."""
    for span in SPAN.findall(prose(page)):
        if FILE.fullmatch(span):
            yield span


def functions(page: Path) -> Iterator[tuple[str, str]]:
    """A file and what it is said to hold, such as (…/jobs.py, Job.finish)."""
    yield from FUNCTION.findall(prose(page))


def named_tests(page: Path) -> Iterator[str]:
    """Tests that the page names, such as `test_a_slot_is_half_open`."""
    for span in SPAN.findall(prose(page)):
        if re.fullmatch(r"test_\w+", span):
            yield span


def commands(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each `./run NAME` with the options that it is given."""
    text = page.read_text()
    blocks = [code for kind, code in FENCE.findall(text) if kind == "sh"]
    for code in [*blocks, *SPAN.findall(prose(page))]:
        for name, rest in RUN.findall(code.replace("\\\n", " ")):
            yield name, re.findall(r"--[a-z-]+", rest)


def modules(page: Path) -> list[str]:
    return re.findall(r"python -m ([\w.]+)", page.read_text())
