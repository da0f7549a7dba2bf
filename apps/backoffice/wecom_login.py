"""The way to WeCom and back, by which employees sign in without a password.

Only who has a role comes in. The session is a new one; coming this way also shows that
it is them (staff/step_up.py). Nobody is ever led anywhere but to our own pages.
"""

import re
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from apps.common.errors import Expected
from apps.staff.models import User
from apps.staff.sign_in import user_of
from apps.staff.step_up import mark_fresh
from apps.wecom.login import address, is_set_up, who_came

ON_THE_WAY = "on_the_way_by_wecom"  # in the session
LONGEST = timedelta(minutes=10)
STATE = re.compile(r"[0-9a-f]{32}")
INSIDE = re.compile(r"wxwork/", re.IGNORECASE)


def leave(request: HttpRequest) -> HttpResponse:
    if not is_set_up():
        return refused(request, "not_set_up")
    state = secrets.token_hex(16)
    request.session[ON_THE_WAY] = {
        "state": state,
        "until": (timezone.now() + LONGEST).timestamp(),
        "next": our_own(request, request.GET.get("next", "")),
    }
    inside = INSIDE.search(request.headers.get("User-Agent", "")) is not None
    back = request.build_absolute_uri(reverse("admin:wecom_back"))
    return redirect(address(back=back, state=state, inside=inside))


def come_back(request: HttpRequest) -> HttpResponse:
    way: dict[str, Any] = request.session.pop(ON_THE_WAY, {})
    state = request.GET.get("state", "")
    if not (
        STATE.fullmatch(state)
        and constant_time_compare(state, way.get("state", ""))
        and timezone.now().timestamp() < way["until"]
    ):
        return refused(request, "strange")
    try:
        account = who_came(request.GET.get("code", ""))
    except Expected:
        return refused(request, "unreachable")
    if not account:
        return refused(request, "strange")
    user = user_of(account)
    if user is None:
        return refused(request, "closed")
    come_in(request, user)
    return redirect(way["next"])


def come_in(request: HttpRequest, user: User) -> None:
    if request.user.pk != user.pk:
        login(request, user, backend="apps.staff.sign_in.Backend")
    mark_fresh(request.session, at=timezone.now())


def our_own(request: HttpRequest, wanted: str) -> str:
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(
        wanted, hosts, require_https=request.is_secure()
    )
    return wanted if is_ours and wanted.startswith("/") else reverse("admin:index")


def refused(request: HttpRequest, why: str) -> HttpResponse:
    status = {"closed": 403, "unreachable": 503}.get(why, 400)
    return render(request, "admin/wecom_refused.html", {"why": why}, status=status)
