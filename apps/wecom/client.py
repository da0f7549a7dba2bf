"""Our client on wechatpy's: HTTP, token, limits; an errcode becomes an exception here.

wechatpy gives the skeleton: `WeChatClient`, and `BaseWeChatAPI` for the endpoints in
calls.py. Ours is everything that it leaves out: the address is a setting, also for
gettoken; the token is shared between processes; a rejected token is replaced once and
the call made once more; every wait has an end; WeCom's limits are kept.

Nothing here raises or logs an exception of requests': those hold the address, and the
address holds the token or the secret.
"""

import json
import logging
import math
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from urllib3.exceptions import HTTPError, NewConnectionError
from wechatpy.enterprise import WeChatClient

from apps.wecom.errcodes import Kind, explain
from apps.wecom.errors import (
    NoToken,
    TokenRejected,
    WeComBusy,
    WeComRefused,
    WeComUnreachable,
)
from apps.wecom.limits import PAUSES as BLOCKS
from apps.wecom.limits import take_turn
from apps.wecom.models import Receiver
from apps.wecom.token import Fetched, Token, obtain, secret_of

logger = logging.getLogger(__name__)
# it logs whole addresses, and with them the token
logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)

CONNECT = 3.0  # seconds
READ = 20.0  # seconds without a byte
LIMIT = timedelta(seconds=30)  # of a call as a whole, unless it says otherwise
LIMIT_OF_GETTOKEN = timedelta(seconds=13)  # shorter than the lease in token.py
LARGEST = 32 * 1024 * 1024  # bytes of an answer

# Worth another try in the same breath, with pauses that grow; see api errcode -1.
AT_ONCE = {-1, 6000, 45033, 45035}
PAUSES = (0.5, 1.0, 2.0)  # seconds
JSON = {"Content-Type": "application/json"}
BOUNDARY = "------------------------9f1c5b07d3a24e68"
UNWRITABLE = str.maketrans({'"': "'", "\r": " ", "\n": " ", "\\": " "})
SOON = {41096: timedelta(seconds=1)}  # what is over in a moment

Answer = dict[str, Any]


@dataclass(frozen=True)
class Upload:
    """A file that goes along. Its name stands in the part's head as raw UTF-8, which is
    the only way WeCom reads (wecom-api.md 3.12)."""

    name: str
    content: bytes = field(repr=False)
    kind: str

    @property
    def header(self) -> dict[str, str]:
        return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}

    @property
    def body(self) -> bytes:
        name = self.name.translate(UNWRITABLE)
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="media";'
            f' filename="{name}"; filelength={len(self.content)}\r\n'
            f"Content-Type: {self.kind}\r\n\r\n"
        )
        return head.encode() + self.content + f"\r\n--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True)
class Question:
    """What is asked. `hidden` is the part of the address that nobody may see."""

    method: str
    endpoint: str
    params: dict[str, Any] = field(default_factory=dict, repr=False)
    data: dict[str, Any] | None = field(default=None, repr=False)
    hidden: dict[str, str] = field(default_factory=dict, repr=False)
    upload: "Upload | None" = field(default=None, repr=False)

    def signed(self, token: Token) -> "Question":
        return replace(self, hidden={"access_token": token.value})


@dataclass(frozen=True)
class NoAnswer:
    """Why there is none, and whether the call may have taken effect all the same."""

    sent: bool
    detail: str


class Client(WeChatClient):
    """Speaks for one app. Not for several threads; see `client_of`."""

    def __init__(self, app: Receiver) -> None:
        super().__init__(settings.WECOM_CORP_ID, secret_of(app), auto_retry=False)
        self.API_BASE_URL = f"{settings.WECOM_API_URL.rstrip('/')}/cgi-bin/"
        self.app = app
        self.until = math.inf

    @property
    def access_token(self) -> str:
        return self._token().value

    def fetch_access_token(self) -> Fetched:
        """Ask WeCom for a token; token.py sees to it that one asks at a time."""
        hidden = {"corpid": self.corp_id, "corpsecret": self.secret}
        question = Question("get", "gettoken", hidden=hidden)
        del hidden
        with self.within(LIMIT_OF_GETTOKEN):
            answer = self._exchange(question)
        if _kind(answer) is Kind.RELOGIN:  # nonsense here: nothing was to be renewed
            raise NoToken
        answer = _judged(answer)
        value = answer.get("access_token")
        if not isinstance(value, str) or not value:
            raise WeComUnreachable(sent=True, detail="no token in the answer")
        return Fetched(value, _whole(answer.get("expires_in"), otherwise=7200))

    @contextmanager
    def within(self, limit: timedelta) -> Iterator[None]:
        """What is asked in the block must be answered within the limit."""
        before = self.until
        self.until = min(before, time.monotonic() + limit.total_seconds())
        try:
            yield
        finally:
            self.until = before

    def forget_connections(self) -> None:
        """The next call gets a connection of its own.

        One that was kept may be closed by the other side just as we write to it, and
        then nobody knows whether the call took effect.
        """
        self._http.close()

    def _request(
        self,
        method: str,
        url_or_endpoint: str,
        *,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        upload: Upload | None = None,
    ) -> Answer:
        """What wechatpy's get() and post() come down to."""
        given = {k: v for k, v in (params or {}).items() if v is not None}
        question = Question(method, url_or_endpoint, given, data, upload=upload)
        pauses = iter(PAUSES)
        while True:
            try:
                return self._asked(question)
            except WeComBusy as busy:
                pause = next(pauses, 0.0) * random.uniform(1, 1.5)
                if not pause or busy.errcode not in AT_ONCE:
                    raise
                if time.monotonic() + pause > self.until:
                    raise
            time.sleep(pause)

    def _asked(self, question: Question) -> Answer:
        token = self._token()
        answer = self._exchange(question.signed(token))
        if _kind(answer) is Kind.RELOGIN:
            token = self._token(rejected=token)
            answer = self._exchange(question.signed(token))
            if _kind(answer) is Kind.RELOGIN:
                raise TokenRejected
        return _judged(answer)

    def _token(self, *, rejected: Token | None = None) -> Token:
        return obtain(self.app, fetch=self.fetch_access_token, rejected=rejected)

    def _exchange(self, question: Question) -> Answer | NoAnswer:
        """One call and its answer, counted and logged."""
        with take_turn(question.endpoint) as turn:
            began = time.monotonic()
            content = self._sent(question)
            answer = content if isinstance(content, NoAnswer) else _read(content)
            took = round((time.monotonic() - began) * 1000)
            named = {"api": question.endpoint, "milliseconds": took}
            if isinstance(answer, NoAnswer):
                logger.warning("no answer from WeCom: %s", answer.detail, extra=named)
                return answer
            turn.note(answer["errcode"])
        logger.info("WeCom answered", extra=named | {"errcode": answer["errcode"]})
        if _kind(answer) is Kind.CONFIG:
            named = {"endpoint": question.endpoint, "errcode": answer["errcode"]}
            logger.error("a setting is wrong, says WeCom", extra=named)
        return answer

    def _sent(self, question: Question) -> bytes | NoAnswer:
        """The answer's body. Raises nothing: see the head of this module."""
        left = self.until - time.monotonic()
        if left <= 0:
            return NoAnswer(sent=False, detail="out of time")
        body, header = _carried(question)
        try:
            with self._http.request(
                question.method,
                f"{self.API_BASE_URL}{question.endpoint}",
                params=question.params | question.hidden,
                data=body,
                headers=header,
                timeout=(min(CONNECT, left), min(READ, left)),
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code != 200:
                    detail = f"HTTP {response.status_code}"
                    return NoAnswer(sent=True, detail=detail)
                return self._body(response)
        except (requests.RequestException, HTTPError) as error:
            return NoAnswer(sent=_was_sent(error), detail=type(error).__name__)

    def _body(self, response: requests.Response) -> bytes | NoAnswer:
        """All of it, unless it is endless in length or in time."""
        parts: list[bytes] = []
        length = 0
        for part in response.iter_content(64 * 1024):
            parts.append(part)
            length += len(part)
            if length > LARGEST:
                return NoAnswer(sent=True, detail="the answer is too long")
            if time.monotonic() > self.until:
                return NoAnswer(sent=True, detail="out of time")
        return b"".join(parts)


_clients = threading.local()


def client_of(app: Receiver) -> Client:
    """This thread's client: its connections are kept open between calls."""
    kept: dict[tuple, Client] = _clients.__dict__.setdefault("kept", {})
    key = (app, settings.WECOM_API_URL, settings.WECOM_CORP_ID, secret_of(app))
    if key not in kept:
        kept[key] = Client(app)
    return kept[key]


def _judged(answer: Answer | NoAnswer) -> Answer:
    """The answer, if it is a good one."""
    if isinstance(answer, NoAnswer):
        raise WeComUnreachable(sent=answer.sent, detail=answer.detail)
    errcode = answer["errcode"]
    if not errcode:
        return answer
    if _kind(answer) in (Kind.BUSY, Kind.PAUSE):
        raise WeComBusy(errcode, after=BLOCKS.get(errcode) or SOON.get(errcode))
    raise WeComRefused(errcode)


def _kind(answer: Answer | NoAnswer) -> Kind | None:
    if isinstance(answer, NoAnswer) or not answer["errcode"]:
        return None
    return explain(answer["errcode"]).kind


def _read(content: bytes) -> Answer | NoAnswer:
    """The JSON object, its errcode a number; a missing errcode is 0."""
    try:
        answer = json.loads(content.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        return NoAnswer(sent=True, detail="the answer is not a JSON object")
    if b"\\u" in content or b"\x00" in content:
        answer = _storable(answer)
    errcode = _whole(answer.get("errcode"), otherwise=0)
    return {"errmsg": ""} | answer | {"errcode": errcode}


def _storable(value: Any) -> Any:
    """Without NUL and halves of characters, which PostgreSQL and UTF-8 cannot hold."""
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode()
    return value


def _whole(value: Any, *, otherwise: int) -> int:
    """WeCom's numbers are sometimes text."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return otherwise


def _carried(question: Question) -> tuple[bytes | None, dict[str, str] | None]:
    """The body, and what it is."""
    if question.upload is not None:
        return question.upload.body, question.upload.header
    return (None, None) if question.data is None else (_written(question.data), JSON)


def _written(data: Answer) -> bytes:
    given = {name: value for name, value in data.items() if value is not None}
    return json.dumps(given, ensure_ascii=False).encode("utf-8", "ignore")


def _was_sent(error: Exception) -> bool:
    """False only where no connection came about."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return False
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return not isinstance(reason, NewConnectionError)
