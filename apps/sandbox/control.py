"""How the corp is steered and looked into over HTTP, below /sandbox/.

GET   health     who answers
GET   state      the true state; ?parts=customers,groups for some of it
GET   log        ?after=N&kind=calls|callbacks
GET   knobs      how all knobs stand
GET   faults     the rules, and how often each has struck
POST  do         {"act": "add", …}: one act, answers what it did
POST  knobs      {"loss": 0.2, …}
POST  faults     [{"api": "…", "do": …}, …] in place of those before
POST  life       {"per_minute": N}
POST  receivers  {"app_url": "…", "contacts_url": "…"}
POST  verify     asks both receivers to prove themselves, as the console does
POST  flush      {"timeout": 60}: waits until no callback is on its way
POST  reset      {"seed": 1, "employees": 20, "contacts": 2000, "groups": 60}

What cannot be done is answered 409, what cannot be understood 400, both with the
reason under "error".
"""

import json
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from apps.sandbox.faults import BadRule
from apps.sandbox.knobs import UnknownKnob
from apps.sandbox.records import CannotDo

if TYPE_CHECKING:
    from apps.sandbox.server import Server

Wish = Callable[["Server", dict[str, str], Any], Any]


class NotUnderstood(Exception):
    """The body is not what this address takes."""


NOT_UNDERSTOOD = (
    NotUnderstood,
    UnknownKnob,
    BadRule,
    ValueError,
    KeyError,
    sqlite3.Error,
)


def answer(
    server: "Server", method: str, path: str, query: dict[str, str], body: bytes
) -> tuple[int, Any]:
    """The status and the payload."""
    wish = WISHES.get((method, path))
    if wish is None:
        return 404, {"error": f"There is nothing at {method} {path}."}
    try:
        return 200, wish(server, query, json.loads(body) if body.strip() else {})
    except CannotDo as reason:
        return 409, {"error": str(reason)}
    except NOT_UNDERSTOOD as reason:
        return 400, {"error": str(reason)}


def health(server: "Server", query: dict[str, str], body: Any) -> Any:
    return {
        "ok": True,
        "corp_id": server.corp.credentials.corp_id,
        "pending": server.callbacks.pending(),
        "logged": server.journal.last,
        **server.corp.measures(),
    }


def state(server: "Server", query: dict[str, str], body: Any) -> Any:
    parts = query.get("parts")
    return server.corp.dump(parts.split(",") if parts else None)


def log(server: "Server", query: dict[str, str], body: Any) -> Any:
    found = server.journal.read(
        after=int(query.get("after", "0")), kind=query.get("kind")
    )
    return {"entries": found, "last": server.journal.last}


def knobs(server: "Server", query: dict[str, str], body: Any) -> Any:
    server.corp.knobs.turn(**an_object(body))
    return server.corp.knobs.settings()


def show_faults(server: "Server", query: dict[str, str], body: Any) -> Any:
    return {"rules": server.faults.listed()}


def faults(server: "Server", query: dict[str, str], body: Any) -> Any:
    rules = body.get("rules", []) if isinstance(body, dict) else body
    if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules):
        raise NotUnderstood("A list of rules is wanted.")
    server.faults.replace(rules)
    return show_faults(server, query, body)


def do(server: "Server", query: dict[str, str], body: Any) -> Any:
    about = dict(an_object(body))
    what = about.pop("act", None)
    if not isinstance(what, str):
        raise NotUnderstood('The "act" is missing.')
    return server.corp.do(what, **about)


def life(server: "Server", query: dict[str, str], body: Any) -> Any:
    per_minute = an_object(body).get("per_minute", 0)
    if type(per_minute) not in (int, float) or per_minute < 0:
        raise NotUnderstood("per_minute is a number.")
    server.life.per_minute = float(per_minute)
    return {"per_minute": server.life.per_minute, "done": server.life.done}


def receivers(server: "Server", query: dict[str, str], body: Any) -> Any:
    urls = an_object(body)
    server.callbacks.configure(
        app_url=urls.get("app_url"), contacts_url=urls.get("contacts_url")
    )
    return server.callbacks.addresses


def verify(server: "Server", query: dict[str, str], body: Any) -> Any:
    return {
        name: server.callbacks.verify(name)
        for name, url in server.callbacks.addresses.items()
        if url
    }


def flush(server: "Server", query: dict[str, str], body: Any) -> Any:
    return {"pending": server.callbacks.flush(an_object(body).get("timeout", 60))}


def reset(server: "Server", query: dict[str, str], body: Any) -> Any:
    sizes = an_object(body)
    known = {"seed", "employees", "contacts", "groups", "at"}
    if not known.issuperset(sizes) or not all(type(n) is int for n in sizes.values()):
        raise NotUnderstood(f"Whole numbers are wanted for some of {sorted(known)}.")
    server.corp.populate(**sizes)
    return server.corp.measures()


def an_object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise NotUnderstood("A JSON object is wanted.")
    return body


WISHES: dict[tuple[str, str], Wish] = {
    ("GET", "/sandbox/health"): health,
    ("GET", "/sandbox/state"): state,
    ("GET", "/sandbox/log"): log,
    ("GET", "/sandbox/knobs"): knobs,
    ("GET", "/sandbox/faults"): show_faults,
    ("POST", "/sandbox/do"): do,
    ("POST", "/sandbox/knobs"): knobs,
    ("POST", "/sandbox/faults"): faults,
    ("POST", "/sandbox/life"): life,
    ("POST", "/sandbox/receivers"): receivers,
    ("POST", "/sandbox/verify"): verify,
    ("POST", "/sandbox/flush"): flush,
    ("POST", "/sandbox/reset"): reset,
}
