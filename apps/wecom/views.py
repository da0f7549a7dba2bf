"""The signed callback endpoint, and WeCom's check that the address is ours.

What comes from a stranger costs little and leaves no trace but a count: nothing is
decrypted before the signature is found to be WeCom's, and no content is ever logged.
`success` is said only when the message is kept; else WeCom says it again.
"""

import logging
import re

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import Counter

from apps.common.absence import note_refused
from apps.common.clock import now
from apps.common.faults import reached
from apps.common.tracing import name_of
from apps.wecom.crypto import (
    BadSignature,
    ForeignReceiver,
    Seal,
    Unreadable,
    unseal,
)
from apps.wecom.inbox import keep
from apps.wecom.models import Receiver
from apps.wecom.xml import read_envelope, read_xml

logger = logging.getLogger(__name__)

LARGEST = 1024 * 1024  # bytes; WeCom's own events stay below 10,000

KEPT = Counter("wecom_callbacks_kept", "Callbacks by outcome.", ["receiver", "outcome"])
REJECTED = Counter("wecom_callbacks_rejected", "By reason.", ["receiver", "reason"])

FORMS = {
    "msg_signature": re.compile(r".{1,128}", re.DOTALL),
    "timestamp": re.compile(r"[0-9]{10}"),
    "nonce": re.compile(r"[!-~]{1,64}"),
}
FORMS_OF_A_CHECK = FORMS | {"echostr": re.compile(r"[!-~]{1,4096}")}


class BadRequest(Exception):
    """Parameters are missing, given twice, or not of their form."""


class TooLarge(Exception):
    """The body is larger than any message of WeCom's."""


class NotKept(Exception):
    """The database could not keep the message; WeCom will say it again."""


ANSWERS: dict[type[Exception], int] = {
    BadRequest: 400,
    Unreadable: 400,
    UnreadablePostError: 400,
    BadSignature: 403,
    ForeignReceiver: 403,
    TooLarge: 413,
    NotKept: 503,
}


@method_decorator(csrf_exempt, name="dispatch")
class CallbackView(View):
    """Verify, keep, thank. Everything else happens later, in a worker."""

    http_method_names = ["get", "post"]
    receiver = Receiver.APP

    def dispatch(self, request: HttpRequest, *args, **kwargs):
        self.seals = seals_of(self.receiver)
        try:
            return super().dispatch(request, *args, **kwargs)
        except tuple(ANSWERS) as failure:
            return self.rejected(failure)

    def get(self, request: HttpRequest) -> HttpResponse:
        given = parameters(request.GET, FORMS_OF_A_CHECK)
        return plain(self.opened(given, given["echostr"]))

    def post(self, request: HttpRequest) -> HttpResponse:
        body = body_of(request)
        given = parameters(request.GET, FORMS)
        message = read_xml(self.opened(given, read_envelope(body)))
        reached("cb.after_verify")
        try:
            callback, is_new = keep(message, receiver=self.receiver, at=now())
        except DatabaseFailure as failure:
            logger.error("a callback was not kept: %s", type(failure).__name__)
            note_refused(at=timezone.now())
            drop_dead_connections()
            raise NotKept from None
        reached("cb.after_commit_before_reply")
        KEPT.labels(self.receiver, "new" if is_new else "repeated").inc()
        named = {"job": name_of(callback)} if callback else {}
        logger.debug("a callback was kept" if is_new else "told again", extra=named)
        return plain("success")

    def opened(self, given: dict[str, str], sealed: str) -> str:
        return unseal(
            self.seals,
            signature=given["msg_signature"],
            timestamp=given["timestamp"],
            nonce=given["nonce"],
            sealed=sealed,
            receiveid=settings.WECOM_CORP_ID,
        )

    def rejected(self, failure: Exception) -> HttpResponse:
        reason = type(failure).__name__
        REJECTED.labels(self.receiver, reason).inc()
        logger.warning("a callback was rejected: %s", reason)
        return plain("", status=ANSWERS[type(failure)])


def drop_dead_connections() -> None:
    """Those of the pool may all have died with the one that failed."""
    connection.close()
    if pool := getattr(connection, "pool", None):
        pool.check()


def seals_of(receiver: Receiver) -> list[Seal]:
    """One, or two during a rotation. An address that is not set up does not exist."""
    pairs = {
        Receiver.APP: [
            (settings.WECOM_CALLBACK_TOKEN, settings.WECOM_CALLBACK_AES_KEY),
            (settings.WECOM_CALLBACK_TOKEN_2, settings.WECOM_CALLBACK_AES_KEY_2),
        ],
        Receiver.CONTACTS: [
            (
                settings.WECOM_CONTACTS_CALLBACK_TOKEN,
                settings.WECOM_CONTACTS_CALLBACK_AES_KEY,
            )
        ],
    }
    seals = [Seal(token, key) for token, key in pairs[receiver] if token and key]
    if not seals:
        raise Http404
    return seals


def parameters(query: QueryDict, forms: dict[str, re.Pattern[str]]) -> dict[str, str]:
    """Each exactly once and of its form; others are of no interest."""
    given = {}
    for name, form in forms.items():
        values = query.getlist(name)
        if len(values) != 1 or not form.fullmatch(values[0]):
            raise BadRequest
        given[name] = values[0]
    return given


def body_of(request: HttpRequest) -> bytes:
    """All of it, unless it is too large: then it is not read at all."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit():
        raise BadRequest
    if int(length) > LARGEST:
        raise TooLarge
    return request.body


def plain(text: str, *, status: int = 200) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Length"] = str(len(response.content))
    return response
