"""What every request passes through before anything else looks at it."""

import ipaddress
import re
import secrets

from django.conf import settings

from scrm.logs import request_id

FORWARDED = [
    *["HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"],
    "HTTP_FORWARDED",
]


def is_trusted(address: str) -> bool:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(known in network for network in settings.TRUSTED_PROXIES)


def visitor(peer: str, forwarded_for: str) -> str:
    """The last address on the way to us that is not one of our own proxies."""
    for address in [peer, *reversed(forwarded_for.split(","))]:
        nearest = address.strip()
        if not is_trusted(nearest):
            return nearest
    return peer


class ProxiesMiddleware:
    """REMOTE_ADDR becomes the visitor's; only trusted proxies are believed."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        peer = request.META.get("REMOTE_ADDR", "")
        if is_trusted(peer):
            way = request.META.get("HTTP_X_FORWARDED_FOR", "")
            request.META["REMOTE_ADDR"] = visitor(peer, way) if way else peer
        else:
            told = [request.META.pop(header, None) for header in FORWARDED]
            request.META["scrm.unknown_proxy"] = any(told)
        return self.get_response(request)


class RequestIdMiddleware:
    """Every request has an id, in its answer and in each line that is logged for it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-Id", "")
        known = given if re.fullmatch(r"[A-Za-z0-9._-]{8,64}", given) else ""
        token = request_id.set(known or secrets.token_hex(8))
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
        finally:
            request_id.reset(token)
        return response
