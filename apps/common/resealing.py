"""The keys of SCRM_DATA_KEYS change while everybody works.

Every model says by a SealedField what it keeps sealed, and by `digested` what it is
found by; so a new one cannot be forgotten. Each row is unsealed, sealed under the
newest key and digested anew, some hundred in a transaction. What cannot be digested
anew a model deletes by `forget_older_keys`. Breaking off costs nothing: what is done is
passed over the next time. Meanwhile older keys still open what they
sealed, and what they digested is still found.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from apps.common.sealing import is_under_the_newest, newest_name, seal, unseal

AT_ONCE = 200  # rows that are held for a moment

Told = Callable[[type[models.Model], int, int], None]


class SealedField(models.BinaryField):
    """Bytes that sealing.seal made, or none.

    If the row is also found by what is sealed, its model has `digested(field, text)`,
    which answers the columns of digests with their values.
    """

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs


def sealed_fields() -> dict[type[models.Model], list[str]]:
    """By model."""
    found: dict[type[models.Model], list[str]] = {}
    for model in apps.get_models():
        names = [f.name for f in model._meta.local_fields if isinstance(f, SealedField)]
        if names:
            found[model] = names
    return found


def reseal_all(*, told: Told) -> int:
    """Everything under the newest key. `told` hears how far it is: the model, rows that
    were looked at, and all rows. Answers how many could not be done."""
    failed = sum(
        reseal(model, names, told=told) for model, names in sealed_fields().items()
    )
    for model in apps.get_models():
        if forget_older_keys := getattr(model, "forget_older_keys", None):
            forget_older_keys()
    return failed


def reseal(model: type[models.Model], names: list[str], *, told: Told) -> int:
    total, done, failed = model._base_manager.count(), 0, 0
    for some in parts(model, names):
        with transaction.atomic():
            rows = model._base_manager.select_for_update(no_key=True).in_bulk(some)
            changed = [row for row in rows.values() if renew(row, names)]
            failed += keep(model, names, changed)
        done += len(some)
        told(model, done, total)
    return failed


def parts(model: type[models.Model], names: list[str]) -> Iterator[list[Any]]:
    """The numbers of rows that hold something, in their order."""
    empty = Q(**{f"{name}": b"" for name in names})
    rows = model._base_manager.exclude(empty).order_by("pk")
    after: dict[str, Any] = {}
    while some := list(rows.filter(**after).values_list("pk", flat=True)[:AT_ONCE]):
        yield some
        after = {"pk__gt": some[-1]}


def renew(row: models.Model, names: list[str]) -> bool:
    """The row as it should be; whether that is any different."""
    wanted: dict[str, bytes] = {}
    for name in names:
        sealed = getattr(row, name)
        if not sealed:
            continue
        text = unseal(sealed)
        if not is_under_the_newest(sealed):
            wanted[name] = seal(text)
        if hasattr(row, "digested"):
            wanted |= row.digested(name, text)
    changed = {n: v for n, v in wanted.items() if bytes(getattr(row, n)) != v}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def keep(model: type[models.Model], names: list[str], rows: list[Any]) -> int:
    """Write them; one by one when two of them turn out to be the same."""
    columns = [*names, *getattr(model, "DIGESTS", ())]
    try:
        with transaction.atomic():
            model._base_manager.bulk_update(rows, columns)
        return 0
    except IntegrityError:
        if len(rows) == 1:
            return 1
    return sum(keep(model, names, [row]) for row in rows)


def under_older_keys() -> dict[type[models.Model], int]:
    """How many rows still need one of the older keys, by model."""
    found = {}
    for model, names in sealed_fields().items():
        rows = model._base_manager.none()
        for name in names:
            front = models.Func(
                name, 1, 4, function="substring", output_field=models.BinaryField()
            )
            some = model._base_manager.exclude(**{name: b""}).alias(front=front)
            rows = rows | some.exclude(front=newest_name())
        found[model] = rows.count()
    return {model: many for model, many in found.items() if many}
