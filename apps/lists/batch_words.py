"""What a batch does, how far it is and what became of its rows, in words for people."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.progress import progress_in_words
from apps.lists.actions import ACTIONS
from apps.lists.advance import counted
from apps.lists.models import Batch, BatchRow

State = BatchRow.State
COLOURS = {
    State.CHANGED: "success",
    State.SAME: "default",
    State.FAILED: "danger",
    State.LEFT: "warning",
    State.ASKED: "info",
    State.WAITING: "info",
}


def title_of(batch: Batch) -> str:
    """Put a tag on · 重点客户"""
    action = ACTIONS.get((batch.list, batch.action))
    words = str(action.title) if action else batch.action
    name = batch.options.get("name", "")
    title = f"{words} · {name}" if name else words
    return gettext("Take back: %s") % title if batch.undoes_id else title


def sentence_of(batch: Batch, *, many: int) -> str:
    """已为 12 位客户添加标签「重点客户」"""
    action = ACTIONS.get((batch.list, batch.action))
    if action is None:
        return title_of(batch)
    words = {"many": f"{many:,}", "name": batch.options.get("name", "")}
    return str(action.sentence) % words


def progress_of(batch: Batch, *, at: datetime) -> dict[str, Any]:
    numbers = {"done": f"{batch.done:,}", "total": f"{batch.total:,}"}
    far = gettext("%(done)s of %(total)s") % numbers
    doing = gettext("Paused") if batch.paused_at else gettext("Under way")
    told = progress_in_words(batch, doing=doing, far=far, at=at)
    if batch.stopped_at:
        told["text"] = gettext("Stopped")
        told["percent"] = batch.done * 100 // (batch.total or 1)
    return told


def outcomes_of(batch: Batch) -> list[dict[str, Any]]:
    counts = counted(batch)
    return [
        {
            "state": state.value,
            "title": state.label,
            "many": counts[state],
            "colour": COLOURS[state],
        }
        for state in State
        if counts.get(state)
    ]


DEEDS: dict[str, Any] = {
    "batch": _("had it done to many"),
    "batch_undone": _("took back what was done to many"),
    "batch_stopped": _("stopped what was done to many"),
    "batch_again": _("had what was left out tried again"),
    "tagged": _("put a tag on"),
    "untagged": _("took a tag off"),
}
FIELDS: dict[str, Any] = {"action": _("action"), "tag": _("tag")}
