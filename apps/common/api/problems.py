"""What went wrong, as RFC 9457 wants it: application/problem+json, in Chinese.

`type` leads to a page that explains every kind, `instance` is the id of the request,
which stands in our logs, and `errors` says of each wrong value where it stands: a
`pointer` into the body, or the name of a `parameter`.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from apps.common.errors import Refused, TryLater
from apps.common.tracing import request_id

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
EXPLAINED = "/api/problems/"
SOON = 5  # seconds after which it may be worth another try


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its status, its title, and what to do about it."""

    status: int
    title: Any
    remedy: Any


KINDS = {
    "bad_request": Kind(
        400,
        _("The request cannot be read"),
        _("The body must be JSON in UTF-8, no deeper than 20 levels."),
    ),
    "invalid": Kind(
        400,
        _("Something in the request is wrong"),
        _("`errors` says which values, and why. Mend them and send it again."),
    ),
    "invalid_cursor": Kind(
        400,
        _("The cursor does not belong to this question"),
        _(
            "A cursor is good for the same key and the same filters only. Begin again "
            "without it, and follow `next` as it is."
        ),
    ),
    "idempotency_key_missing": Kind(
        400,
        _("The Idempotency-Key is missing"),
        _(
            "Send a header Idempotency-Key of 1 to 255 visible ASCII characters: "
            "another for every request, the same when you try that request again."
        ),
    ),
    "not_authenticated": Kind(
        401,
        _("Who are you?"),
        _("Send your API key in the header Authorization, after the word Bearer."),
    ),
    "permission_denied": Kind(
        403,
        _("The key may not do that"),
        _("An administrator can make a key that has the right."),
    ),
    "not_found": Kind(
        404,
        _("Nothing is here"),
        _("The address is wrong, or what you ask for is not yours to see."),
    ),
    "method_not_allowed": Kind(
        405,
        _("This cannot be done here"),
        _("The header Allow says which methods the address knows."),
    ),
    "not_acceptable": Kind(
        406,
        _("We only speak JSON"),
        _("Send Accept: application/json, or no such header."),
    ),
    "in_flight": Kind(
        409,
        _("The same request is being worked on"),
        _("Try again in a moment, with the same Idempotency-Key."),
    ),
    "refused": Kind(
        409,
        _("The rules say no"),
        _("`detail` says why. The same request will be refused again."),
    ),
    "too_large": Kind(
        413,
        _("The body is too large"),
        _("A body may have 2 MB. Send fewer items at a time."),
    ),
    "unsupported_media_type": Kind(
        415,
        _("The body is not JSON"),
        _("Send Content-Type: application/json."),
    ),
    "key_reused": Kind(
        422,
        _("The Idempotency-Key was used for another body"),
        _("Another request needs another key."),
    ),
    "throttled": Kind(
        429,
        _("Too many requests"),
        _("Wait for as many seconds as the header Retry-After says."),
    ),
    "error": Kind(
        500,
        _("We made a mistake"),
        _("Tell us the `instance`. Trying again later does no harm."),
    ),
    "unavailable": Kind(
        503,
        _("We cannot answer just now"),
        _("Try again after as many seconds as the header Retry-After says."),
    ),
}
BY_STATUS = {kind.status: code for code, kind in reversed(KINDS.items())}
RENAMED = {"parse_error": "bad_request", "authentication_failed": "not_authenticated"}


class Problem(exceptions.APIException):
    """One of the kinds above, raised where it is found."""

    def __init__(
        self, code: str, *, detail: Any = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail=detail or KINDS[code].remedy, code=code)
        self.status_code = KINDS[code].status
        self.headers = dict(headers or {})


class InvalidParameters(exceptions.ValidationError):
    """What is asked for behind the "?" is wrong: messages by name of the parameter."""


def answered(exception: Exception, context: Mapping[str, Any]) -> Response:
    """The answer of a view that raised this. A bug is logged, never shown."""
    problem = understood(exception)
    code = problem.get_codes()
    code = code if isinstance(code, str) and code in KINDS else "invalid"
    headers = dict(getattr(problem, "headers", {}))
    if challenge := getattr(problem, "auth_header", ""):
        headers["WWW-Authenticate"] = challenge
    if isinstance(problem, exceptions.Throttled) and problem.wait is not None:
        headers["Retry-After"] = str(problem.wait)
    errors = list(errors_of(problem))
    detail = KINDS[code].remedy if errors else problem.detail
    body = described(code, detail=detail, request=context.get("request"))
    if errors:
        body["errors"] = errors
    return Response(
        body, status=body["status"], headers=headers, content_type=PROBLEM_JSON
    )


def understood(exception: Exception) -> exceptions.APIException:
    """What was raised, as one of ours."""
    match exception:
        case exceptions.Throttled():
            remedy = gettext(KINDS["throttled"].remedy)
            exception.detail = exceptions.ErrorDetail(remedy, "throttled")
            return exception
        case exceptions.ValidationError() | Problem():
            return exception
        case exceptions.APIException():
            code = str(exception.get_codes())
            exception.detail = exceptions.ErrorDetail(
                str(exception.detail), RENAMED.get(code, code)
            )
            return exception
        case Http404():
            return Problem("not_found")
        case PermissionDenied():
            return Problem("permission_denied")
        case RequestDataTooBig():
            return Problem("too_large")
        case Refused():
            return Problem("refused", detail=f"{exception} [{exception.code}]")
        case TryLater():
            return Problem("unavailable", headers={"Retry-After": str(SOON)})
        case OperationalError() | InterfaceError():
            logger.warning("the database did not answer the API", exc_info=exception)
            return Problem("unavailable", headers={"Retry-After": str(SOON)})
    logger.error("the API made a mistake", exc_info=exception)
    return Problem("error")


def described(
    code: str, *, detail: Any = "", request: HttpRequest | None = None
) -> dict[str, Any]:
    kind = KINDS[code]
    return {
        "type": f"{EXPLAINED}#{code}",
        "title": gettext(str(kind.title)),
        "status": kind.status,
        "detail": str(detail or kind.remedy),
        "instance": request_id.get(),
        "code": code,
    }


def errors_of(problem: exceptions.APIException) -> Iterator[dict[str, str]]:
    """Each wrong value by itself, with its place."""
    if isinstance(problem, InvalidParameters):
        for name, messages in problem.detail.items():
            for message in messages:
                code = getattr(message, "code", None) or "invalid"
                detail = printable(str(message))
                yield {"parameter": printable(name), "code": code, "detail": detail}
    elif isinstance(problem, exceptions.ValidationError):
        yield from pointed(problem.detail, "#")


def pointed(detail: Any, place: str) -> Iterator[dict[str, str]]:
    """The leaves of a tree of messages, each with a JSON pointer."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = name == "non_field_errors"
            yield from pointed(inner, place if own else f"{place}/{escaped(str(name))}")
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        leaves = all(isinstance(inner, str) for inner in detail)
        for number, inner in enumerate(detail):
            yield from pointed(inner, place if leaves else f"{place}/{number}")
    else:
        code = getattr(detail, "code", None) or "invalid"
        yield {"pointer": place, "code": code, "detail": printable(str(detail))}


def escaped(name: str) -> str:
    """RFC 6901. The name may be whatever a client has made up: it is cut."""
    return printable(name)[:64].replace("~", "~0").replace("/", "~1")


def printable(text: str) -> str:
    """Without lone halves of a character, which no answer can hold, and without NUL,
    which no kept one can."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def instead_of_pages(status: HTTPStatus, page: Any) -> Any:
    """A handler of scrm/urls.py: under /api/ a problem, elsewhere Django's page."""

    def handler(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            answer: HttpResponse = page(request, *args, **kwargs)
            return answer
        body = described(BY_STATUS[status], request=request)
        return JsonResponse(
            body,
            status=status,
            content_type=PROBLEM_JSON,
            json_dumps_params={"ensure_ascii": False},
        )

    return handler
