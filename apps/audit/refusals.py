"""Who was turned away stands in the audit: by which door, from what, how often.

It is told by the answer, so that a new door is covered as well: a right that is
missing, a row that is not there or out of one's sight, a question that a list does not
offer. A rule that says no to somebody, whatever they ask for (`MayNot`), is heard
wherever it was caught. A flood leaves few rows: of one person, door and minute the
first time, the tenth, the hundredth …
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.note import note
from apps.audit.telling import VALUES
from apps.common.allowance import MINUTE, spend
from apps.common.errors import MayNot

TURNED_AWAY = "turned_away"
WORDS: dict[str, Any] = {
    "no_right": _("without the right to it"),
    "out_of_sight": _("not there, or out of their sight"),
    "not_offered": _("asked what the list does not offer"),
}
LONGEST_NUMBER = 18  # digits that surely fit into a bigint


def reason_of(request: HttpRequest, answer: HttpResponse, said_no: list[MayNot]) -> str:
    """Why somebody was turned away; empty if they were not."""
    match = request.resolver_match
    if said_no:
        return said_no[-1].code
    if answer.status_code == 403:
        return "no_right"
    if match is None or "url" in match.kwargs:  # no door of ours
        return ""
    leads_away = answer.status_code == 302 and "object_id" in match.kwargs
    if leads_away and answer.headers["Location"] == reverse("admin:index"):
        return "out_of_sight"  # how Django says so
    return {404: "out_of_sight", 400: "not_offered"}.get(answer.status_code, "")


def write_down(request: HttpRequest, why: str, *, by: Any, at: datetime) -> None:
    """`by` is whoever has signed in, or the client whose key was shown."""
    door = request.resolver_match.view_name if request.resolver_match else ""
    with transaction.atomic():
        times = spend(counter(by, door, why), limit=1, at=at, window=MINUTE).used
        if not is_a_step(times):
            return
        kind, number = from_what(request)
        note(
            deed=TURNED_AWAY,
            kind=kind,
            number=number,
            after={"turned_away_for": why, "times": times, **client_of(by)},
            by=None if client_of(by) else by,
            at=at,
        )


def counter(by: Any, door: str, why: str) -> str:
    kept = hashlib.sha256(f"{by._meta.label}:{by.pk}:{door}:{why}".encode())
    return f"turned_away:{kept.hexdigest()[:32]}"


def is_a_step(times: int) -> bool:
    """1, 10, 100 …"""
    return str(times).rstrip("0") == "1"


def client_of(by: Any) -> dict[str, str]:
    is_a_client = by._meta.label_lower == "clients.client"
    return {"system": by.system} if is_a_client else {}


def from_what(request: HttpRequest) -> tuple[str, int | None]:
    """The kind that the door's address names, and the row."""
    match = request.resolver_match
    if match is None:
        return "", None
    _admin, app_label, model, *_rest = [*match.route.split("/"), "", ""]
    try:
        kind = apps.get_model(app_label, model)._meta.label_lower
    except (LookupError, ValueError):
        return "", None
    number = str(match.kwargs.get("pk") or match.kwargs.get("object_id") or "")
    is_one = number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER
    return kind, int(number) if is_one else None


def words() -> Mapping[str, Any]:
    """What stands in a row, in words; a rule that says no has its own."""
    return {**WORDS, **{rule.code: rule.words() for rule in rules(MayNot)}}


def rules(of: type[MayNot]) -> list[type[MayNot]]:
    return [each for kind in of.__subclasses__() for each in (kind, *rules(kind))]


VALUES[("", "turned_away_for")] = words
