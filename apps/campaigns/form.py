"""What the form of a campaign is told, and what it sends back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from apps.campaigns.keep import (
    KEPT,
    MOST_REWARDS,
    OF_A_REWARD,
    TAGS,
    Prize,
    Told,
    tags_in,
)
from apps.campaigns.kinds import KINDS, MOST_GROUPS
from apps.campaigns.models import Campaign, Reward
from apps.campaigns.problems import NotFit
from apps.campaigns.texts import LONGEST, situations_of
from apps.channels.models import Channel
from apps.common.filters import whole_number
from apps.common.problems import Problem
from apps.groups.models import GroupChat
from apps.orders.models import Product
from apps.segments.models import Segment
from apps.tags.models import Tag

MOST = 500  # rows a select offers
MOST_TAGS = 20
LARGEST = 10**9
MONEY = ("price", "floor")  # terms that are fen
YES = (*("ends_without_stock", "new_friends_only", "mutual_help", "joins_by_entry"),)
NUMBERS = ("window_hours", "settle_hours", "keep_days")
CHOICES: dict[str, Any] = {
    "helps": Campaign.Helps,
    "credited": Campaign.Credited,
    "deduction": Campaign.Deduction,
    "award": Campaign.Award,
}
HIGHEST = {"window_hours": 24 * 90, "settle_hours": 24 * 90, "keep_days": 365}


class Reader:
    """Reads one field after the other, and gathers what cannot be read."""

    def __init__(self, told: QueryDict) -> None:
        self.told = told
        self.wrong: list[Problem] = []

    def text(self, name: str, most: int = 60) -> str:
        return self.told.get(name, "").replace("\x00", "").strip()[:most]

    def number(self, name: str, *, most: int = LARGEST, or_none: bool = False) -> Any:
        text = self.text(name)
        if not text and or_none:
            return None
        value = whole_number(text or "0")
        if value is None or value > most:
            words = gettext("A whole number up to %s.")
            self.wrong.append(Problem(name, words % most))
            return None if or_none else 0
        return value

    def moment(self, name: str, otherwise: datetime) -> datetime:
        try:
            found = parse_datetime(self.text(name))
        except ValueError:
            found = None
        if found is None or not 2000 <= found.year <= 9000:
            self.wrong.append(Problem(name, gettext("Choose day and time.")))
            return otherwise
        return timezone.make_aware(found) if timezone.is_naive(found) else found

    def choice(self, name: str, choices: Any) -> str:
        value = self.text(name)
        return value if value in choices.values else choices.values[0]


def told_in(post: QueryDict, *, kind: str, at: datetime) -> tuple[Told, list[Problem]]:
    """The campaign as far as it can be read, and what cannot."""
    reader = Reader(post)
    many: dict[str, Any] = {name: reader.text(name) == "on" for name in YES}
    many |= {name: reader.number(name, most=HIGHEST[name]) for name in NUMBERS}
    many |= {name: reader.choice(name, of) for name, of in CHOICES.items()}
    many |= {name: tags_told(post.getlist(name)[:MOST_TAGS]) for name in TAGS}
    told = Told(
        kind=kind,
        name=reader.text("name", 80),
        starts_at=reader.moment("starts_at", at),
        ends_at=reader.moment("ends_at", at),
        channel_id=reader.number("channel", or_none=True, most=2**53),
        segment_id=reader.number("segment", or_none=True, most=2**53),
        join_cap=reader.number("join_cap", or_none=True),
        rules=reader.text("rules", 2000),
        texts={n: reader.text(f"texts.{n}", LONGEST) for n in situations_of(kind)},
        terms=terms_in(reader, kind),
        prizes=tuple(prizes_in(reader)),
        **many,
    )
    return known_rows(told, reader), reader.wrong


def tags_told(texts: Iterable[str]) -> list[int]:
    """Those that exist, each once, in their order."""
    numbers = list(dict.fromkeys(n for n in map(whole_number, texts) if n))
    standing = Tag.objects.filter(pk__in=numbers, deleted_at__isnull=True)
    found = set(standing.values_list("pk", flat=True))
    return [number for number in numbers if number in found]


def tags_shown(told: Told) -> dict[str, list[dict[str, Any]]]:
    """As form.js keeps them."""
    tags = Tag.objects.filter(deleted_at__isnull=True).in_bulk(tags_in(told))
    return {
        name: [
            {"id": n, "text": str(tags[n])} for n in getattr(told, name) if n in tags
        ]
        for name in TAGS
    }


def known_rows(told: Told, reader: Reader) -> Told:
    """Whom it names must be there."""
    gone: dict[str, None] = {}
    rows: tuple[tuple[str, Any], ...] = (("channel", Channel), ("segment", Segment))
    for name, model in rows:
        number = getattr(told, f"{name}_id")
        if number is not None and not model.objects.filter(pk=number).exists():
            reader.wrong.append(Problem(name, gettext("It exists no longer.")))
            gone[f"{name}_id"] = None
    return Told(**{**told.__dict__, **gone}) if gone else told


def terms_in(reader: Reader, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(KINDS[kind].terms):
        name = f"terms.{field.name}"
        if isinstance(field.default, tuple):
            told = reader.told.getlist(name)[:MOST_GROUPS]
            found[field.name] = [n for n in map(whole_number, told) if n is not None]
        elif field.name in MONEY:
            found[field.name] = fen_in(reader, name, reader.text(name))
        else:
            found[field.name] = reader.number(name, most=100_000_000)
    return found


def fen_in(reader: Reader, name: str, text: str) -> int:
    try:
        value = Decimal(text or "0") * 100
        if value == value.to_integral_value() and 0 <= value <= 100_000_000:
            return int(value)
    except InvalidOperation:
        pass
    reader.wrong.append(Problem(name, gettext("An amount in yuan, such as 9.90.")))
    return 0


def prizes_in(reader: Reader) -> Iterable[Prize]:
    """The rows that form.js keeps, as JSON."""
    try:
        rows = json.loads(reader.told.get("prizes", "")[:4_000_000] or "[]")
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list):
        raise NotFit([Problem("prizes", gettext("The form was not understood."))])
    for place, row in enumerate(rows[: MOST_REWARDS + 1]):
        if isinstance(row, dict):
            yield prize_in(reader, row, f"prizes.{place}")


def prize_in(reader: Reader, row: Mapping[str, Any], at_field: str) -> Prize:
    def word(name: str) -> str:
        value = row.get(name)
        return "" if value is None else str(value).replace("\x00", "")

    def number(name: str, most: int = 1_000_000) -> int:
        value = whole_number(word(name).strip() or "0")
        if value is None or value > most:
            words = gettext("A whole number up to %s.")
            reader.wrong.append(Problem(f"{at_field}.{name}", words % most))
            return 0
        return value

    kind, codes = word("kind"), word("codes")
    return Prize(
        pk=number("pk", 2**53) or None,
        name=word("name")[:40],
        kind=kind if kind in Reward.Kind.values else Reward.Kind.MANUAL,
        needed=number("needed", 100_000),
        initial=number("initial", 10_000_000),
        per_person=max(1, number("per_person", 1000)),
        points=number("points", 10_000_000),
        text=word("text")[:500],
        value=fen_in(reader, f"{at_field}.value", word("value").strip()),
        weight=number("weight", 10_000),
        codes=tuple(line for line in codes.splitlines() if line.strip()),
    )


# --- what it is told ------------------------------------------------------------------


def told_by(campaign: Campaign) -> Told:
    """The campaign as the form tells it."""
    return Told(
        **{name: getattr(campaign, name) for name in KEPT},
        kind=campaign.kind,
        channel_id=campaign.channel_id,
        segment_id=campaign.segment_id,
        texts=campaign.texts,
        terms=campaign.terms,
        prizes=tuple(
            Prize(
                pk=row.pk,
                initial=row.initial,
                **{name: getattr(row, name) for name in OF_A_REWARD},
            )
            for row in campaign.rewards.order_by("place")
        ),
    )


def rows_of(told: Told) -> list[dict[str, Any]]:
    """The prizes as form.js keeps them."""
    return [
        asdict(prize) | {"value": yuan(prize.value), "codes": "\n".join(prize.codes)}
        for prize in told.prizes
    ]


def yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:.2f}" if fen else ""


def terms_shown(told: Told) -> dict[str, Any]:
    """By name, as the fields want them."""
    shown: dict[str, Any] = {}
    for field in fields(KINDS[told.kind].terms):
        value = told.terms.get(field.name, field.default)
        shown[field.name] = yuan(value) if field.name in MONEY else value
    return shown


def channels() -> list[Channel]:
    """Published codes and links, the newest first."""
    rows = Channel.objects.published().order_by("-pk")
    return list(rows.only("pk", "name", "kind")[:MOST])


def segments() -> list[Segment]:
    rows = Segment.objects.order_by("folder", "name")
    return list(rows.only("pk", "name", "many")[:MOST])


def groups() -> list[GroupChat]:
    rows = GroupChat.objects.filter(dismissed_at__isnull=True).order_by("-pk")
    return list(rows.only("pk", "name")[:MOST])


def products() -> list[Product]:
    return list(Product.objects.order_by("-pk").only("pk", "name", "number")[:MOST])
