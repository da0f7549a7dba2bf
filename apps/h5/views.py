"""The doors of a campaign's page. They ask for no sign-in: who comes by a personal
address is taken for whoever it was given to (see link.py)."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.campaigns.deliver import Address, write_address
from apps.campaigns.models import Campaign, Grant, Participation
from apps.campaigns.reward import claim
from apps.channels import draw
from apps.common.allowance import MINUTE, spend
from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.common.sealing import digest
from apps.h5.link import address_of, whose
from apps.h5.page import for_everybody, for_one
from apps.posters.keep import poster_of
from apps.referrals.count import tally
from apps.referrals.doors import shown
from apps.referrals.invite import invite_of

READS, WRITES, GUESSES = 240, 20, 30  # of one address or one participant
GUESSED_IN = timedelta(minutes=10)
Door = Callable[..., HttpResponse]


def campaign_at(slug: str) -> Campaign:
    """A draft is not there."""
    rows = Campaign.objects.select_related("channel")
    return get_object_or_404(rows, slug=slug, launched_at__isnull=False)


def is_too_often(what: str, *, limit: int, window: timedelta = MINUTE) -> bool:
    at = timezone.now()
    return spend(f"h5 {what}", limit=limit, at=at, window=window).is_spent


def asked_from(request: HttpRequest) -> str:
    """The address itself is kept nowhere."""
    return digest("address of a visitor", request.META.get("REMOTE_ADDR", "")).hex()


def too_many(request: HttpRequest) -> HttpResponse:
    answer = render(request, "h5/too_many.html", status=429)
    answer["Retry-After"] = "60"
    return answer


def private(door: Door) -> Door:
    """Nobody in between keeps it, and no search engine finds it."""

    @wraps(door)
    def kept_private(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if is_too_often(f"asked {asked_from(request)}", limit=READS):
            return too_many(request)
        answer = door(request, *args, **named)
        answer.setdefault("Cache-Control", "private, no-store")
        answer["X-Robots-Tag"] = "noindex"
        return answer

    return kept_private


def participant(door: Door) -> Door:
    """The door is told who comes. Whoever tries addresses is turned away for a while;
    with one that is no longer good one sees what everybody sees."""

    @wraps(door)
    def for_them(request: HttpRequest, slug: str, token: str) -> HttpResponse:
        found = campaign_at(slug)
        mine = whose(found, token)
        if mine is None:
            what = f"guess {asked_from(request)}"
            if is_too_often(what, limit=GUESSES, window=GUESSED_IN):
                return too_many(request)
            return redirect("h5-campaign", slug=slug)
        mine.campaign = found
        if request.method == "POST" and is_too_often(f"mine {mine.pk}", limit=WRITES):
            return too_many(request)
        return door(request, mine)

    return private(for_them)


# --- to look at -----------------------------------------------------------------------


@require_safe
@private
def campaign(request: HttpRequest, slug: str) -> HttpResponse:
    told = for_everybody(campaign_at(slug), at=timezone.now())
    return render(request, "h5/campaign.html", told)


@require_safe
@private
def code(request: HttpRequest, slug: str) -> HttpResponse:
    """The campaign's own: whoever scans it becomes a friend of an employee."""
    channel = campaign_at(slug).channel
    if channel is None or not channel.qr_text:
        raise Http404
    picture = draw.png(channel, centimetres=3)
    return HttpResponse(picture, content_type="image/png")


@require_safe
@participant
def mine(request: HttpRequest, mine: Participation) -> HttpResponse:
    told = for_one(mine, at=timezone.now())
    addresses = {name: request.path + f"{name}/" for name in ("claim", "address")} | {
        "poster": request.path + "poster.jpg"
    }
    return render(request, "h5/campaign.html", told | {"addresses": addresses})


@require_safe
@participant
def poster(request: HttpRequest, mine: Participation) -> HttpResponse:
    invite = invite_of(mine.campaign, mine.contact)
    text = shown(invite).text if invite else ""
    if not text:
        raise Http404
    jpeg = poster_of(
        campaign=mine.campaign, contact=mine.contact, code=text, at=timezone.now()
    )
    return HttpResponse(jpeg, content_type="image/jpeg")


# --- to do ----------------------------------------------------------------------------


@require_POST
@participant
def claim_prize(request: HttpRequest, mine: Participation) -> HttpResponse:
    number = whole_number(request.POST.get("prize", ""))
    reward = get_object_or_404(mine.campaign.rewards, pk=number or 0)
    invite = invite_of(mine.campaign, mine.contact)
    try:
        claim(
            reward=reward,
            participation=mine,
            tally=tally(invite) if invite else 0,
            at=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(address_of(mine))


@require_POST
@participant
def address(request: HttpRequest, mine: Participation) -> HttpResponse:
    """Where a prize is to be sent."""
    number = whole_number(request.POST.get("grant", ""))
    theirs = Grant.objects.live().filter(participation=mine)
    grant = get_object_or_404(theirs, pk=number or 0)
    parts = ("name", "phone", "place")
    told = Address(**{part: request.POST.get(part, "")[:200] for part in parts})
    try:
        write_address(grant=grant, told=told)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(address_of(mine))
