"""What is said of an offer: how it stands, and why."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.assignment.handover_models import Offer
from apps.audit.telling import DEEDS, FIELDS
from apps.common.jobs import Job
from apps.common.wording import moment
from apps.wecom.errors import described
from apps.wecom.models import Command

State = Offer.State
TONES = {
    State.DONE: "success",
    State.FRIEND: "success",
    State.OFFERED: "info",
    State.REFUSED: "danger",
    State.FULL: "danger",
    State.FAILED: "danger",
    State.TOO_OFTEN: "warning",
    State.LOST: "warning",
    State.EXPIRED: "warning",
}
WHY: dict[str, Any] = {
    State.DONE: _("Theirs from now on."),
    State.FRIEND: _("They were friends before; no new friendship was needed."),
    State.REFUSED: _("The customer refused to be handed over."),
    State.FULL: _("The taker has as many customers as WeCom allows."),
    State.TOO_OFTEN: _("Moved twice in 90 days already; WeCom allows no more."),
    State.LOST: _("Not connected with whoever hands over any more."),
    State.EXPIRED: _("WeCom told nothing for three days; offer them again."),
    State.STOPPED: _("Taken back before WeCom was told."),
}
WITH_CODE = (State.FULL, State.FAILED, State.LOST, State.TOO_OFTEN)

DEEDS.update(
    {
        "handed_over": _("handed contacts over"),
        "handover_stopped": _("stopped a handover"),
        "handover_table": _("took out the table of a handover"),
    }
)
FIELDS.update(
    {
        "giver": _("hands over"),
        "takers": _("takers"),
        "contacts": _("contacts"),
        "groups": _("group chats"),
    }
)


def tone_of(offer: Offer) -> str:
    return TONES.get(State(offer.state), "default")


def why(offer: Offer, *, commands: dict[int, Command], at: datetime) -> str:
    """In one or two sentences, with what to do about it where WeCom says so."""
    if offer.state == State.ASKED:
        command = commands.get(offer.command_id or 0)
        if command is not None and command.status == Job.Status.FAILED:
            words = gettext("WeCom could not be told: %(why)s")
            return words % {"why": command.last_error}
        return gettext("WeCom is being told.")
    if offer.state == State.QUEUED:
        if offer.due_at > at:
            words = gettext("Goes on at %(at)s: 300 groups a day to one colleague.")
            return words % {"at": moment(offer.due_at)}
        return gettext("Its turn will come.")
    if offer.state == State.OFFERED and offer.takes_effect_at:
        words = gettext("Takes effect at %(at)s, unless the customer refuses.")
        return words % {"at": moment(offer.takes_effect_at)}
    if offer.state in WITH_CODE and offer.errcode:
        return described(offer.errcode)
    return str(WHY.get(offer.state, ""))


def commands_of(offers: list[Offer]) -> dict[int, Command]:
    asked = [o.command_id for o in offers if o.state == State.ASKED and o.command_id]
    return Command.objects.in_bulk(asked)
