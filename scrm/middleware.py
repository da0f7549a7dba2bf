"""What every request passes through before anything else looks at it."""

import ipaddress
import logging
import re
import secrets
import time

from django.conf import settings
from django.db import connection
from django.shortcuts import render
from django.urls import resolve
from django.utils import timezone

from apps.audit.refusals import reason_of, write_down
from apps.audit.watch import PAGES, look
from apps.common.errors import said_no
from apps.common.tracing import Origin, came_from, request_id

logger = logging.getLogger(__name__)

FORWARDED = [
    *["HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"],
    *["HTTP_FORWARDED", "HTTP_X_FORWARDED_PORT", "HTTP_X_FORWARDED_SERVER"],
    *["HTTP_X_REAL_IP", "HTTP_X_CLIENT_IP", "HTTP_TRUE_CLIENT_IP", "HTTP_VIA"],
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
            began = time.monotonic()
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            logger.debug(
                "answered",
                extra={
                    "method": request.method,
                    "path": request.path,  # never what is asked for behind the "?"
                    "status": response.status_code,
                    "milliseconds": round((time.monotonic() - began) * 1000),
                },
            )
        finally:
            request_id.reset(token)
        return response


class OriginMiddleware:
    """What is done on behalf of a request knows where it came from, and by which door.

    Stands behind the proxies, whose word on the visitor's address counts.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        address = request.META.get("REMOTE_ADDR", "")
        token = came_from.set(Origin(address=address if is_address(address) else ""))
        try:
            return self.get_response(request)
        finally:
            came_from.reset(token)

    def process_view(self, request, view, positional, named):
        door = request.resolver_match.view_name or request.resolver_match.route
        came_from.set(Origin(address=came_from.get().address, door=door))


def is_address(text):
    try:
        ipaddress.ip_address(text)
    except ValueError:  # of a socket in the file system
        return False
    return True


class WireMiddleware:
    """WeCom's callbacks go straight to their view: no session, no user, no page."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.startswith("/wecom/"):
            return self.get_response(request)
        view, positional, named = resolve(request.path_info)
        return view(request, *positional, **named)


class LiveConnectionMiddleware:
    """No page is answered over a connection that has died since: the database was
    started anew, or somebody between us and it forgot it."""

    PROBES = ("/healthz", "/readyz", "/metrics")  # which look for themselves

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        pool = getattr(connection, "pool", None)
        if pool and request.path_info not in self.PROBES:
            for _one in range(pool.max_size):
                connection.ensure_connection()
                if connection.is_usable():
                    break
                connection.close()
        return self.get_response(request)


class ActivityMiddleware:
    """A session lasts for eight hours after the last thing that a person did.

    Pages ask by themselves how things stand, every few seconds, for as long as they
    are open: that is presence, not activity, and does not lengthen a session.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        asked = request.resolver_match and request.resolver_match.view_name
        if asked not in settings.ASKED_BY_PAGES_THEMSELVES and is_signed_in(request):
            request.session.modified = True
        return response


def is_signed_in(request):
    """WeCom and other strangers bring no cookie: no session is looked for. In the API
    a cookie means nothing."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    if request.path_info.startswith("/api/"):
        return False
    return request.user.is_authenticated


class WatchMiddleware:
    """Pages that show one row are counted for each who has signed in; who opens more
    than people do is slowed. Found by their address: a new page is counted as well."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, positional, named):
        shows_one = named.keys() & {"pk", "object_id"}
        inside = request.path_info.startswith("/admin/")
        if not (shows_one and inside and is_signed_in(request)):
            return None
        looked = look(PAGES, by=request.user, at=timezone.now())
        if not looked.is_spent:
            return None
        answer = render(request, "admin/slowed.html", status=429)
        answer["Retry-After"] = str(looked.seconds)
        return answer


class RefusalsMiddleware:
    """Who is turned away, at whatever door, is written down (audit/refusals.py)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = said_no.set([])
        try:
            answer = self.get_response(request)
            why = reason_of(request, answer, said_no.get())
            if why and (asks := who_asks(request)):
                write_down(request, why, by=asks, at=timezone.now())
            return answer
        finally:
            said_no.reset(token)


def who_asks(request):
    """Whoever has signed in, or the client whose key was shown; customers who come from
    the mini-program are none of ours."""
    if is_signed_in(request):
        return request.user
    key = getattr(request, "auth", None)  # by REST framework, once it has looked
    return getattr(key, "client", None)
