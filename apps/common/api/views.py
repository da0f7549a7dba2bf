"""ApiView, of which every endpoint is made, and the answer where there is none.

An endpoint names the right it asks for by method (`scopes`) and the words that may
stand behind the "?" (`parameters`). What it does not know is refused, never passed
over.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.api.problems import InvalidParameters, Problem

SAFE = ("GET", "HEAD")


class ApiView(APIView):
    """An endpoint. Who asks, how often, and with which right is looked at first."""

    shows: ClassVar[str] = "key"  # what lets in; "" where nothing is needed
    scopes: ClassVar[Mapping[str, str]] = {}
    parameters: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        self.perform_authentication(request)
        if self.shows and not request.auth:
            self.permission_denied(request)
        self.check_throttles(request)
        self.check_permissions(request)
        known = self.parameters if request.method in SAFE else ()
        if unknown := request.query_params.keys() - known:
            words = _("There is no such parameter.")
            wrong = [ErrorDetail(words, "unknown_parameter")]
            raise InvalidParameters({name[:64]: wrong for name in sorted(unknown)[:20]})

    def finalize_response(
        self, request: Any, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        if allowance := getattr(self.request, "allowance", None):
            for name, value in allowance.headers().items():
                response[name] = value
        if request.method in SAFE and response.status_code == 200:
            return unless_known(request, response)
        return response


def unless_known(request: Request, response: Response) -> Response:
    """304 for whoever has it already (If-None-Match)."""
    text = json.dumps(response.data, sort_keys=True, cls=DjangoJSONEncoder)
    tag = f'"{hashlib.blake2s(text.encode(), digest_size=12).hexdigest()}"'
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    if fits(tag, request.headers.get("If-None-Match", "")):
        response.status_code = 304
        response.data = None
    return response


def fits(tag: str, named: str) -> bool:
    """Is it among those that a header names? Weakly compared, as RFC 9110 says."""
    tags = {each.strip().removeprefix("W/") for each in named.split(",")}
    return tag in tags or "*" in tags


class NoSuchAddress(APIView):
    """Whatever under /api/ is nothing else."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Problem("not_found")
