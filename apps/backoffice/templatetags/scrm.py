"""Moments, numbers and faces in templates, each in the one form that we use."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common import wording
from apps.common.jobs import Job
from apps.common.lanes import Lane

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
def yuan(fen: float | None) -> str:
    """¥1,234.00, from a number of fen"""
    return wording.money(fen)


@register.filter
def yuan_to_type(fen: int | None) -> str:
    """1234.00, as it stands in a field; empty if nobody knows"""
    return "" if fen is None else f"{fen / 100:.2f}".removesuffix(".00")


@register.filter
def due(at: datetime | None) -> str:
    """今天 14:08, 明天 10:00, 03-12 10:00"""
    return wording.due(at, now=timezone.now())


@register.filter
def exact(number: int | None) -> str:
    """12,345"""
    return wording.NOTHING if number in (None, "") else f"{number:,}"


@register.filter
def or_nothing(value: Any) -> Any:
    """-- where there is nothing to show"""
    return wording.NOTHING if value in (None, "") else value


@register.filter
def is_moment(value: Any) -> bool:
    return isinstance(value, datetime)


@register.filter
def list_url(options: Any) -> str:
    """The name of the address of a model's list."""
    return f"admin:{options.app_label}_{options.model_name}_changelist"


@register.filter
def page_url(row: Model) -> str:
    """The name of the address of the page of a row."""
    return f"admin:{row._meta.app_label}_{row._meta.model_name}_change"


@register.filter
def options_of(model: type[Model]) -> Any:
    return model._meta


@register.filter
def kind_of_job(kind: type[Job]) -> str:
    return str(kind._meta.verbose_name)


@register.filter
def lane_in_words(lane: str) -> str:
    return str(Lane(lane).label)


@register.filter
def status_colour(status: str) -> str:
    """The colour of a badge, as in "badge-danger"."""
    return wording.STATUS_COLOURS[Job.Status(status)]


@register.filter
def job_url(opts: Any, action: str) -> str:
    """The name of the address at which an action on a job of this kind is asked for."""
    return f"admin:{opts.app_label}_{opts.model_name}_{action}"


@register.filter
def picks_url(model: str) -> str:
    """The name of the address at which rows of a model are picked by typing."""
    return f"admin:{model.replace('.', '_')}_picks"


@register.filter
def undone_by(tags: str | None) -> str:
    """The number of the batch that a message offers to take back, if it does."""
    kind, _colon, number = (tags or "").partition(":")
    return number.partition(" ")[0] if kind == "undo" else ""


@register.simple_tag
def counted(changes: Any) -> str:
    """How long a list is: exactly, about, or more than."""
    count = changes.result_count
    counted_as = getattr(changes.model_admin, "counted_as", _("%(count)s rows"))
    text = str(counted_as) % {"count": f"{count:,}"}
    pages = changes.paginator
    if getattr(pages, "is_exact", True):
        return gettext("%(rows)s in all") % {"rows": text}
    if pages.is_everything:
        return gettext("about %(rows)s") % {"rows": text}
    text = str(counted_as) % {"count": f"{pages.at_least:,}"}
    return gettext("more than %(rows)s") % {"rows": text}


@register.filter
def plain_filters(changes: Any) -> list[dict[str, Any]]:
    """The filters of a list that are a choice among links; others open a sheet."""
    plain = []
    for spec in changes.filter_specs:
        choices = list(spec.choices(changes))
        if any("form" in choice for choice in choices):
            continue
        chosen = any(c["selected"] for c in choices[1:])
        plain.append({"title": spec.title, "choices": choices, "chosen": chosen})
    return plain


@register.filter
def sheet_filters(changes: Any) -> list[Any]:
    """The filters that need a form of their own."""
    return [
        spec
        for spec in changes.filter_specs
        if any("form" in choice for choice in spec.choices(changes))
    ]


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
