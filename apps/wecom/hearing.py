"""Who hears a callback, and which callbacks one handler can hear at once.

Every handler hears one message. One that is wrapped in Many hears those of a handful in
one breath: what twenty messages cost then is little more than what one costs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

from apps.common.cause import because_of
from apps.common.faults import reached
from apps.common.jobs import Job

if TYPE_CHECKING:
    from apps.wecom.models import Callback

Message = dict[str, Any]
Kind = tuple[str, str]  # Event and ChangeType


@dataclass(frozen=True)
class Many:
    """A handler of many messages of one kind, each about another subject."""

    hear: Callable[[Sequence[Message]], None]
    is_hint: bool = False  # it only asks for a reading, and may be told again

    def __call__(self, message: Message) -> None:
        self.hear([message])


@dataclass(frozen=True)
class Hint:
    """A handler that only asks for a reading: told again, it asks again."""

    hear: Callable[[Message], None]
    is_hint = True

    def __call__(self, message: Message) -> None:
        self.hear(message)


def is_hint(event: str, change_type: str) -> bool:
    return getattr(handlers().get((event, change_type)), "is_hint", False)


def handlers() -> Mapping[Kind, Callable[[Message], None]]:
    """The table of the product; a kind that is not in it is kept and counted."""
    table: Mapping[Kind, Callable[[Message], None]] = import_string(
        settings.WECOM_HANDLERS
    )
    return table


def together(callbacks: Sequence[Any]) -> list[Sequence[Any]]:
    """In parts that one handler hears at once, in the order of their first.

    Two about one subject are never in one part: the later is heard after the earlier.
    """
    table = handlers()
    parts: list[list[Callback]] = []
    latest: dict[Kind, list[Callback]] = {}
    for callback in callbacks:
        kind = callback.event, callback.change_type
        part = latest.get(kind)
        if (
            part is None
            or not isinstance(table.get(kind), Many)
            or any(callback.subject == other.subject for other in part)
        ):
            part = latest[kind] = []
            parts.append(part)
        part.append(callback)
    return list(parts)


def hear(part: Sequence[Any]) -> Job.Status | None:
    """One part: its handler hears it, in the caller's transaction."""
    first = part[0]
    handle = handlers().get((first.event, first.change_type))
    if handle is None:
        return Job.Status.IGNORED
    for callback in part:
        reached(f"w.apply:{callback.subject}")
    with because_of(happened_at=min(callback.told_at for callback in part)):
        if isinstance(handle, Many):
            handle.hear([callback.message for callback in part])
        else:
            handle(first.message)
    return None
