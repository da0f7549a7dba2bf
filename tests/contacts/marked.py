"""Somebody who cannot be mistaken, and every place in which a trace of them may lie."""

import json
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, models

from apps.audit.models import AuditRow
from apps.audit.sealed_values import opened
from apps.common.sealing import CannotUnseal, unseal

EXTERNAL = "wmMARKERexternal0000000000000001"
UNION = "oMARKERunion0000000000000001"
PHONE = "13912348765"
EMAIL = "marker.person@example.com"
MEMBER = "MARKERMEMBER77"
# Whatever is written about the person has one of these in it.
MARKS = ("marker", "记号人", "jihaoren", "12348765", "1391234")


def marks_in(text: str) -> set[str]:
    lowered = text.lower()
    return {mark for mark in MARKS if mark in lowered}


def left_behind() -> list[str]:
    """Where a mark is still to be read, by anybody who has all our keys and files."""
    places = [*dumped(), *unsealed(), *told_by_the_audit(), *files()]
    found = {(place, mark) for place, text in places for mark in marks_in(text)}
    return sorted(f"{place}: {mark}" for place, mark in found)


def dumped() -> Iterator[tuple[str, str]]:
    """Each table as COPY writes it, and what its bytes say."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:  # type: ignore[attr-defined]
                for block in copy:
                    yield table, bytes(block).decode()


def unsealed() -> Iterator[tuple[str, str]]:
    """What is sealed under the settings' keys, and bytes that are not sealed at all."""
    for model, field in binary_fields():
        for value in model._base_manager.values_list(field.name, flat=True):
            if not value:
                continue
            place = f"{model._meta.label}.{field.name}"
            yield place, bytes(value).decode(errors="replace")
            try:
                yield place, unseal(value)
            except (CannotUnseal, InvalidTag, ValueError):
                continue


def binary_fields() -> Iterable[tuple[type[models.Model], models.Field]]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.BinaryField):
                yield model, field


def told_by_the_audit() -> Iterator[tuple[str, str]]:
    for values in opened(AuditRow.objects.all()).values():
        yield "audit, opened", json.dumps(values, ensure_ascii=False)


def files() -> Iterator[tuple[str, str]]:
    """Whatever was stored as a file."""
    if not settings.MEDIA_ROOT:
        return
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            folders, names = default_storage.listdir(folder)
        except FileNotFoundError:
            continue
        waiting += [f"{folder}{name}/" for name in folders]
        for name in names:
            with default_storage.open(f"{folder}{name}") as file:
                yield f"file {folder}{name}", file.read().decode(errors="replace")
