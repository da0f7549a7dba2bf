"""auth/getuserinfo: a code is good once, for five minutes (wecom-api.md 5.3)."""

from typing import Any

from apps.sandbox.calls.registry import OPEN, Ask, call
from apps.sandbox.errors import Refusal

SECONDS = 300


@call("GET", "auth/getuserinfo", rights=OPEN)
def getuserinfo(ask: Ask) -> dict[str, Any]:
    code = ask.of_query("code", 40029)
    with ask.corp.changing():
        found = ask.corp.row("SELECT * FROM login WHERE code = ?", code)
        if found is None or ask.corp.clock() > found["issued_at"] + SECONDS:
            raise Refusal(40029)
        ask.corp.run("DELETE FROM login WHERE code = ?", code)
    return {"userid": found["userid"]}
