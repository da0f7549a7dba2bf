"""A mistake of ours, told so that it can be mended, without the values involved.

The message of an exception may hold a name or a phone: PostgreSQL repeats the whole
row that it refuses, and `int()` the text that is no number. So the kind, the place and
the words of the message are told, and what is quoted in it is not, unless it stands in
the code itself. The trace shows our code, never its values.
"""

import builtins
import re
import traceback
from collections.abc import Iterator

from django.db import Error as DatabaseFailure

LONGEST = 300  # characters of a message
HIDDEN = "…"

QUOTED = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|«[^»]*»""", re.DOTALL
)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
# Not Latin, an address, a long number, a long id such as WeCom's.
VALUES = re.compile(
    r"[^\x00-\x7f]+|\S+@\S+|[+-]?\d[\d -]{4,}\d|\b(?=\w*\d)(?=\w*[A-Za-z])[\w-]{12,}"
)
OF_THE_LANGUAGE = {*dir(builtins), "NoneType", "module", "function", "method"}

# What these say is about the code alone, whatever it works on.
ABOUT_CODE = (AttributeError, NameError, ImportError)

# PostgreSQL tells the values in lines of their own.
DETAILS = re.compile(
    r"(?:\n|\\n)?\b(?:DETAIL|CONTEXT|HINT|QUERY|LINE \d+|STATEMENT|PARAMETERS):.*",
    re.DOTALL,
)
KEY = re.compile(r"\)=\(.*\)", re.DOTALL)
ROW = re.compile(r"(row contains) \(.*\)", re.DOTALL)


def described(bug: BaseException) -> str:
    """What went wrong and where, in one line."""
    frames = traceback.extract_tb(bug.__traceback__)
    place = f" ({frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return told(bug) + place


def told(bug: BaseException) -> str:
    """Its kind, and its message without the values."""
    kind = type(bug).__name__
    if isinstance(bug, DatabaseFailure):
        words = of_the_database(bug)
    else:
        words = without_values(text_of(bug), known=names_in_the_code(bug))
    return f"{kind}: {words}" if words else kind


def traced(bug: BaseException) -> str:
    """The trace, with that of what caused it in front, as Python prints it."""
    parts = []
    for each in reversed(list(chain(bug))):
        lines = "".join(traceback.format_tb(each.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{lines}{told(each)}")
    return "\n\nwhich led to:\n\n".join(parts)


def chain(bug: BaseException | None) -> Iterator[BaseException]:
    """It, what led to it, and so on; a ring is walked once."""
    met: set[int] = set()
    while bug is not None and id(bug) not in met:
        met.add(id(bug))
        yield bug
        hidden = bug.__suppress_context__
        bug = bug.__cause__ or (None if hidden else bug.__context__)


def without_details(text: str) -> str:
    """Without what PostgreSQL says of the row, wherever such a message stands."""
    return ROW.sub(rf"\1 ({HIDDEN})", KEY.sub(f")=({HIDDEN})", DETAILS.sub("", text)))


def of_the_database(bug: BaseException) -> str:
    """The state, the constraint and the table: they lead to the row's rule."""
    cause = bug.__cause__ or bug
    state = getattr(cause, "sqlstate", None)
    diag = getattr(cause, "diag", None)
    names = [
        getattr(diag, part, None)
        for part in ("table_name", "column_name", "constraint_name")
    ]
    known = {name for name in names if name}
    primary = getattr(diag, "message_primary", None) or without_details(str(bug))
    words = without_values(primary, known=known)
    more = [part for part in [state, *names] if part and part not in words]
    return f"{words} [{' '.join(more)}]" if more else words


def text_of(bug: BaseException) -> str:
    try:
        return str(bug)
    except Exception:  # noqa: BLE001 - an exception may fail even at that
        return ""


def names_in_the_code(bug: BaseException) -> set[str]:
    """The words of the lines that it came through: they are no values."""
    lines = [frame.line or "" for frame in traceback.extract_tb(bug.__traceback__)]
    words = {word for line in lines for word in NAME.findall(line)}
    if isinstance(bug, ABOUT_CODE):
        words |= set(NAME.findall(text_of(bug)))
    return words | OF_THE_LANGUAGE


def without_values(text: str, *, known: set[str]) -> str:
    def kept_if_known(match: re.Match[str]) -> str:
        quoted = match[0]
        return quoted if quoted[1:-1] in known else quoted[0] + HIDDEN + quoted[-1]

    plain = VALUES.sub(
        lambda match: match[0] if match[0] == HIDDEN else HIDDEN,
        QUOTED.sub(kept_if_known, without_details(text)),
    )
    words = "".join(c if c.isprintable() else " " for c in plain).split()
    return " ".join(words)[:LONGEST]
