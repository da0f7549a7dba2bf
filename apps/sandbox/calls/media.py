"""media/upload: a file lives three days (wecom-api.md 3.12)."""

import re
from typing import Any

from apps.sandbox.calls.registry import MESSAGES, Ask, call
from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records

MB = 1024 * 1024
MOST = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
LEAST = 6
TOO_LARGE = {"image": 40009, "video": 40011}
PART = re.compile(
    rb"\A--([^\r\n]+)\r\n(?P<head>.*?)\r\n\r\n(?P<content>.*)\r\n--\1--\r\n\Z",
    re.DOTALL,
)
NAME = re.compile(rb'name="media"; filename="([^"\r\n]*)"')


@call("POST", "media/upload", rights=MESSAGES, takes_file=True)
def upload(ask: Ask) -> dict[str, Any]:
    kind = ask.query.get("type", "")
    if kind not in MOST:
        raise Refusal(40004)
    part = PART.match(ask.raw)
    name = NAME.search(part["head"]) if part else None
    if part is None or name is None:
        raise Refusal(44001)
    content = part["content"]
    refuse_bad_file(kind, content)
    corp, now = ask.corp, ask.corp.clock()
    media_id = corp.identifier("M", 40)
    with corp.changing():
        corp.run(
            "INSERT INTO media (media_id, kind, name, size, created_at)"
            " VALUES (?, ?, ?, ?, ?)",
            media_id,
            kind,
            name[1].decode("utf-8", "replace"),
            len(content),
            now,
        )
    return {"type": kind, "media_id": media_id, "created_at": str(int(now))}


def refuse_bad_file(kind: str, content: bytes) -> None:
    if len(content) < LEAST:
        raise Refusal(44001)
    if len(content) > MOST[kind]:
        raise Refusal(TOO_LARGE.get(kind, 45001))
    if kind == "image" and not content.startswith((b"\x89PNG", b"\xff\xd8")):
        raise Refusal(40005)
    if kind == "video" and content[4:8] != b"ftyp":
        raise Refusal(40005)


def refuse_bad_media(corp: Records, media_id: Any, *, kinds: tuple[str, ...]) -> None:
    """One that was never uploaded, is of another kind, or has expired."""
    if not isinstance(media_id, str):
        raise Refusal(40058)
    media = corp.row("SELECT * FROM media WHERE media_id = ?", media_id)
    if media is None or media["kind"] not in kinds:
        raise Refusal(40007)
    if corp.clock() > media["created_at"] + corp.knobs.media_seconds:
        raise Refusal(40145)
