"""Audit rows in words: what was done, to what, from which value to which.

Deeds and fields are named here and by apps above, which know what theirs mean. What is
personal is shown masked, whoever looks: to see it whole is a deed of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.models import AuditRow
from apps.audit.sealed_values import opened
from apps.common.masking import masked

MOST = 20  # of a list of values that are shown

DEEDS: dict[str, Any] = {
    "added": _("added"),
    "changed": _("changed"),
    "deleted": _("deleted"),
    "archived": _("archived"),
    "refused": _("was refused"),
    "tried_again": _("tried again"),
    "was_sent": _("wrote down as sent"),
    "sent_now": _("had it sent now"),
    "pulled": _("began a pull"),
    "checked": _("began a check"),
    "cancelled": _("stopped a pull"),
    "believed": _("confirmed removals"),
    "read_again": _("had it read again from WeCom"),
    "unmasked": _("saw it unmasked"),
    "looked_too_much": _("looked at more than people do"),
    "exported": _("asked for an export"),
    "approved": _("approved"),
    "fetched": _("downloaded the file"),
    "brought": _("imported"),
    "taken_back": _("took an import back"),
    "import_checked": _("had a table checked"),
    "import_written": _("had a table imported"),
    "import_stopped": _("stopped an import"),
    "export_stopped": _("stopped an export"),
    "merged": _("merged two contacts"),
    "unmerged": _("took a merge back"),
    "decided": _("decided"),
    "orders_told": _("told orders"),
    "behaviour_told": _("reported behaviour"),
    "password_changed": _("changed their own password"),
}
FIELDS: dict[str, Any] = {
    "password": _("password"),
    "role": _("role"),
    "employee": _("employee"),
    "username": _("sign-in name"),
    "first_name": _("full name"),
    "many": _("how many"),
    "numbers": _("numbers"),
    "alike": _("reason"),
    "door": _("page"),
    "shown": _("what was shown"),
    "looked_at": _("what was looked at"),
    "rows": _("rows"),
    "other": _("the other contact"),
    "meanings": _("columns"),
    "key": _("key"),
    "columns": _("columns"),
    "whole": _("unmasked"),
    "filter": _("filtered for"),
    "form": _("form"),
    "kind": _("what is in it"),
    "system": _("system"),
    "orders": _("orders"),
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field: what it was, and what it is."""

    field: Any
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """A row as a page shows it."""

    row: AuditRow
    deed: Any
    kind: Any
    address: str  # of the object's own page; empty if it has none
    changes: list[Change]
    reason: str
    is_erased: bool


def tell(rows: Iterable[AuditRow]) -> list[Told]:
    """One query for the keys of all contacts that are named."""
    rows = list(rows)
    secrets = opened(rows)
    return [told(row, secrets.get(row.pk)) for row in rows]


def told(row: AuditRow, secret: dict[str, Any] | None) -> Told:
    hidden = secret or {"before": {}, "after": {}, "reason": ""}
    kind, old, new = row.about_kind, hidden["before"], hidden["after"]
    personal = [
        change(kind, name, masked(name, old.get(name)), masked(name, new.get(name)))
        for name in sorted({*old, *new})
    ]
    plain = [
        change(kind, name, row.before.get(name), row.after.get(name))
        for name in {**row.before, **row.after}
    ]
    return Told(
        row=row,
        deed=DEEDS.get(row.deed, row.deed),
        kind=kind_in_words(row.about_kind),
        address=address_of(row),
        changes=[*plain, *personal],
        reason=row.reason or hidden["reason"],
        is_erased=bool(row.sealed) and secret is None,
    )


def change(kind: str, name: str, before: Any, after: Any) -> Change:
    return Change(
        field=field_in_words(kind, name),
        before=value_in_words(before),
        after=value_in_words(after),
    )


def value_in_words(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list):
        shown = "、".join(value_in_words(each) for each in value[:MOST])
        return f"{shown} …" if len(value) > MOST else shown
    return str(value)


def kind_in_words(kind: str) -> Any:
    try:
        return apps.get_model(kind)._meta.verbose_name if kind else ""
    except LookupError:  # a model that is no more
        return kind


def field_in_words(kind: str, name: str) -> Any:
    if name in FIELDS:
        return FIELDS[name]
    try:
        return apps.get_model(kind)._meta.get_field(name).verbose_name
    except (LookupError, ValueError, FieldDoesNotExist, AttributeError):
        return name


def address_of(row: AuditRow) -> str:
    if not row.about_id:
        return ""
    try:
        name = row.about_kind.replace(".", "_")
        return reverse(f"admin:{name}_change", args=[row.about_id])
    except NoReverseMatch:
        return ""
