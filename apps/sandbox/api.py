"""The API as a function: a request in, an answer out; no sockets here.

In this order a call is looked at: is there such a call (else HTTP 404, which WeCom
does not say but which a mistaken caller should notice), token, address, rights,
limits, parameters. Errors come with HTTP 200 and repeat their code in headers.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.sandbox.calls import (
    contacts,
    groups,
    joins,
    links,
    logins,
    media,
    messages,
    miniprogram,
    staff,
    tags,
    tokens,
    transfers,
    ways,
    welcomes,
)
from apps.sandbox.calls.registry import (
    ADDRESS_BOOK,
    APP,
    CALLS,
    CONTACTS,
    CUSTOMERS,
    MESSAGES,
    OPEN,
    Ask,
    Call,
)
from apps.sandbox.errors import Refusal, error_text
from apps.sandbox.limits import Limits
from apps.sandbox.records import Records

# Importing these modules is what fills the table of calls.
KINDS_OF_CALL = (
    *(contacts, groups, joins, links, logins, media, messages, miniprogram),
    *(staff, tags, tokens, transfers, ways, welcomes),
)

LARGEST_BODY = 2_000_000
LARGEST_FILE = 25_000_000
WARNING = "Warning: wrong json format. "
READS_FOR_CONTACTS = ("user/", "department/")


@dataclass(kw_only=True)
class Request:
    method: str
    path: str  # below /cgi-bin/, or whole where it is WeChat's
    query: dict[str, str]
    body: bytes
    ip: str


@dataclass(kw_only=True)
class Answer:
    status: int
    payload: dict[str, Any]
    app: str = ""  # whose token it was
    asked: dict[str, Any] = field(default_factory=dict)  # the body as understood

    @property
    def errcode(self) -> int:
        return self.payload.get("errcode", 0)

    def body(self) -> bytes:
        text = json.dumps(self.payload, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def answer(
    corp: Records,
    limits: Limits,
    request: Request,
    pause: Callable[[], Any] = lambda: None,
) -> Answer:
    """What WeCom would answer; the limits count the call in and out, and while it
    is in flight it pauses."""
    call = CALLS.get(request.path)
    if call is None:
        return Answer(
            status=404,
            payload={"errcode": 404, "errmsg": f"no such call: {request.path}"},
        )
    body, warning = ({}, "") if call.takes_file else understood(request.body)
    ask = Ask(
        corp=corp,
        app="",
        ip=request.ip,
        query=request.query,
        body=body,
        raw=request.body if call.takes_file else b"",
    )
    changes = call.alone(ask) if call.alone else None
    stopped = limits.enter(call.path, request.ip, changes)
    try:
        if call.rights != OPEN:
            ask.app = tokens.app_of(corp, request.query.get("access_token", ""))
        refuse_strangers(corp, ask, call)
        if stopped:
            raise Refusal(stopped)
        pause()
        if call.method == "POST" and request.method != "POST":
            raise Refusal(40058)
        if len(request.body) > (LARGEST_FILE if call.takes_file else LARGEST_BODY):
            raise Refusal(40206)
        with corp.lock:  # one moment's truth
            payload = call.answer(ask)
    except Refusal as refusal:
        return refused(corp, call, ask, refusal.errcode, warning)
    except (UnicodeEncodeError, OverflowError):  # what no database can hold
        return refused(corp, call, ask, 40058, warning)
    finally:
        if not stopped:
            limits.leave(call.path, changes)
    if not call.bare:
        ok = {"errcode": 0, "errmsg": f"ok. {warning.strip()}" if warning else "ok"}
        payload = ok | payload
    return Answer(status=200, payload=payload, app=ask.app, asked=body)


def refused(
    corp: Records, call: Call, ask: Ask, errcode: int, warning: str = ""
) -> Answer:
    hint = int(corp.clock() * 1000) * 10**6 + corp.random.randrange(10**6)
    text = error_text(errcode, ip=ask.ip, hint=hint, warning=warning)
    return Answer(
        status=200,
        payload={"errcode": errcode, "errmsg": text, **call.beside_errors},
        app=ask.app,
        asked=ask.body,
    )


def fault(corp: Records, request: Request, errcode: int) -> Answer:
    """The answer to a call that is refused whatever it asks."""
    call = CALLS.get(request.path)
    body, _ = understood(request.body)
    ask = Ask(corp=corp, app="", ip=request.ip, query=request.query, body=body)
    if call is None:
        return Answer(status=404, payload={"errcode": 404, "errmsg": "no such call"})
    return refused(corp, call, ask, errcode)


def understood(body: bytes) -> tuple[dict[str, Any], str]:
    """The JSON object in the body, whatever its Content-Type; a warning and nothing
    if there is none, as WeCom reads what it can and complains in errmsg."""
    if not body.strip():
        return {}, ""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}, WARNING
    return (value, "") if isinstance(value, dict) else ({}, WARNING)


def refuse_strangers(corp: Records, ask: Ask, call: Call) -> None:
    """Addresses that are not trusted, and apps that may not call this."""
    knobs = corp.knobs
    if call.rights != OPEN and knobs.trusted_ips and ask.ip not in knobs.trusted_ips:
        raise Refusal(60020)
    if call.rights == CUSTOMERS and (ask.app != APP or not knobs.callable_app):
        raise Refusal(48002)
    if call.rights == MESSAGES and ask.app != APP:
        raise Refusal(48002)
    if call.contacts_secret == "only" and ask.app != CONTACTS:
        raise Refusal(48002)
    if (
        call.rights == ADDRESS_BOOK
        and ask.app == CONTACTS
        and call.contacts_secret == "no"
        and not knobs.contacts_secret_reads
    ):
        details = call.path.startswith(READS_FOR_CONTACTS)
        raise Refusal(48009 if details else 48002)
