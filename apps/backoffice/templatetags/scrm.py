"""Moments, numbers and faces in templates, each in the one form that we use."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone

from apps.common import wording

register = template.Library()

HUES = 12  # colours of the circles that stand for faces; see faces in scrm.css


@register.filter
def moment(at: datetime | None) -> str:
    """2026-03-08 14:08"""
    return wording.moment(at)


@register.filter
def moment_with_seconds(at: datetime | None) -> str:
    return wording.moment_with_seconds(at)


@register.filter
def ago(at: datetime | None) -> str:
    """刚刚, 5 分钟前, 3 小时前, 03-08 14:08"""
    return wording.ago(at, now=timezone.now())


@register.filter
def span(length: timedelta | None) -> str:
    """3 分 20 秒"""
    return wording.span(length)


@register.filter
def count_cn(number: int | None) -> str:
    """1.2 万"""
    return wording.big_number(number)


@register.filter
def exact(number: int | None) -> str:
    """12,345"""
    return wording.NOTHING if number is None else f"{number:,}"


@register.filter
def or_nothing(value: Any) -> Any:
    """-- where there is nothing to show"""
    return wording.NOTHING if value in (None, "") else value


@register.filter
def is_moment(value: Any) -> bool:
    return isinstance(value, datetime)


@register.inclusion_tag("admin/common/avatar.html")
def avatar(name: Any, size: str = "") -> dict[str, Any]:
    """A circle with the last two characters of a Chinese name, or the first of another.

    Pictures of WeCom lie on another host, which our pages do not ask for anything.
    `size` is "", "small" or "large".
    """
    text = "".join(str(name or "").split())
    digest = hashlib.blake2s(text.encode(), digest_size=2).digest()
    return {
        "initials": initials(text),
        "hue": int.from_bytes(digest) % HUES,
        "size": size,
    }


def initials(text: str) -> str:
    """三丰 for 张三丰, 张三 for 张三, A for Anna, ? for nobody."""
    if not text:
        return "?"
    if text[0].isascii():
        return text[0].upper()
    plain = "".join(character for character in text if character.isalpha())
    return (plain or text)[:3][-2:] if len(plain) <= 3 else (plain or text)[:1]
