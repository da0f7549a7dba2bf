"""The table of a handover: each contact and group, how it stands, and why."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext

from apps.assignment.handover_models import Handover, Offer
from apps.assignment.handover_words import commands_of, tone_of, why
from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.spreadsheets import as_csv, lumps
from apps.common.wording import moment
from apps.staff.models import User

MOST = 1_000  # rows of one file; more of them are an export, which others approve


class TooMany(Refused):
    """A table may hold 1,000 rows. Choose a state first, or export the contacts."""

    code = "handover_table_too_long"


def offers_of(handover: Handover, *, by: User, state: str) -> QuerySet[Offer]:
    """Those whom they may see, narrowed to a state if one is asked for."""
    rows = handover.offers.visible_to(by).order_by("pk")
    return rows.filter(state=state) if state in Offer.State.values else rows


def lines(offers: Sequence[Offer], *, at: datetime) -> list[dict[str, Any]]:
    commands = commands_of(list(offers))
    return [
        {
            "offer": offer,
            "contact": offer.identity.contact if offer.identity else None,
            "tone": tone_of(offer),
            "why": why(offer, commands=commands, at=at),
        }
        for offer in offers
    ]


def with_names(offers: QuerySet[Offer]) -> QuerySet[Offer]:
    return offers.select_related("identity__contact", "group")


@transaction.atomic
def file_of(
    handover: Handover, *, by: User, state: str, at: datetime
) -> StreamingHttpResponse:
    """CSV that a spreadsheet opens as it stands; taking it out is audited."""
    offers = list(with_names(offers_of(handover, by=by, state=state))[: MOST + 1])
    if len(offers) > MOST:
        raise TooMany
    note(
        deed="handover_table",
        by=by,
        at=at,
        about=handover,
        after={"many": len(offers)},
    )
    name = f"handover-{handover.pk}-{at:%Y%m%d-%H%M}.csv"
    return StreamingHttpResponse(
        lumps(as_csv(cells(offers, handover, at=at))),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def cells(
    offers: Sequence[Offer], handover: Handover, *, at: datetime
) -> Iterator[list[str]]:
    yield [
        gettext("contact or group"),
        gettext("hands over"),
        gettext("taker"),
        gettext("attempt"),
        gettext("state"),
        gettext("reason"),
        gettext("asked at"),
        gettext("done at"),
    ]
    for line in lines(offers, at=at):
        offer: Offer = line["offer"]
        yield [
            str(line["contact"] or offer.group),
            handover.giver_name,
            offer.taker_name,
            str(offer.attempt),
            str(offer.get_state_display()),
            line["why"],
            moment(offer.asked_at) if offer.asked_at else "",
            moment(offer.ended_at) if offer.ended_at else "",
        ]
