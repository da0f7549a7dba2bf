"""The table of WeCom's error codes in docs/connect-a-real-corp.md.

It is written from apps/wecom/errcodes.json, so that the page says what the screen says.

    python -m tests.docs.error_codes    writes the table anew
"""

import json
import re
from pathlib import Path

from apps.wecom.errcodes import TABLE, Kind

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "connect-a-real-corp.md"
BEGIN, END = "<!-- error codes -->", "<!-- end of error codes -->"

KINDS = {
    Kind.CONFIG: "Something has to be set: no call of its kind succeeds before",
    Kind.SCOPE: "The app may not see that person, department or group",
    Kind.RELOGIN: "The token is replaced and the call is made once more by itself",
    Kind.PAUSE: "The API is left alone for a while, then asked again by itself",
    Kind.BUSY: "Tried again by itself",
    Kind.ENDED: "What it was about is gone, or over",
    Kind.REFUSED: "This one call fails for good",
}


def table() -> str:
    """The codes by kind; those that one sees while connecting come first."""
    codes = json.loads(TABLE.read_text(encoding="utf-8"))
    parts = []
    for kind, title in KINDS.items():
        rows = [
            f"| {code.replace('-', '–') if is_range(code) else code} "
            f"| {cause} | {remedy} |"
            for code, (its_kind, cause, remedy) in codes.items()
            if its_kind == kind
        ]
        parts += [f"### {title}", "", "| Code | 原因 | 处理办法 |", "|---|---|---|"]
        parts += [*rows, ""]
    return "\n".join(parts)


def is_range(code: str) -> bool:
    return "-" in code[1:]


def with_table(text: str) -> str:
    """The page with what stands between the two marks written anew."""
    between = re.compile(f"(?<={BEGIN}\n).*(?={END})", re.DOTALL)
    return between.sub(lambda _: f"\n{table()}\n", text)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
