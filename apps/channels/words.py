"""What the pages of codes say: why somebody is next or not, and what is the matter."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.channels.choose import Standing, Why
from apps.channels.models import Channel
from apps.channels.plan import Plan, Rotation, Verify
from apps.wecom.errcodes import explain

WHY = {
    Why.NEXT: _("is given the next one"),
    Why.WAITS: _("waits for a turn"),
    Why.RESERVE: _("backup, not needed now"),
    Why.OFF_DUTY: _("off duty at this hour"),
    Why.DAY_FULL: _("today's cap is reached"),
    Why.FULL: _("the cap is reached"),
    Why.CODE_FULL: _("the cap of the code is reached"),
    Why.PAUSED: _("paused by hand"),
    Why.LEFT: _("left the company"),
    Why.INACTIVE: _("the account is not active"),
    Why.NO_RIGHT: _("may not serve customers in WeCom"),
    Why.BARRED: _("refused by WeCom"),
}
TONES = {
    Why.NEXT: "badge-success",
    Why.WAITS: "badge-info",
    Why.DAY_FULL: "badge-warning",
    Why.FULL: "badge-warning",
    Why.CODE_FULL: "badge-warning",
    Why.PAUSED: "badge-warning",
    Why.LEFT: "badge-danger",
    Why.INACTIVE: "badge-danger",
    Why.NO_RIGHT: "badge-danger",
    Why.BARRED: "badge-danger",
}
ROTATIONS = {
    Rotation.IN_TURN: _("in turn: whoever has waited longest"),
    Rotation.WEIGHTED: _("weighted: by the weights"),
    Rotation.LEAST_BUSY: _("least busy: whoever was given fewest today"),
    Rotation.RANDOM: _("at random: WeCom picks among all on duty"),
}
VERIFY = {
    Verify.SKIP: _("added at once"),
    Verify.ASK: _("the employee confirms each"),
    Verify.WINDOW: _("added at once between two times"),
}
ROTATION_WHY = {
    Rotation.IN_TURN: _("has waited longest"),
    Rotation.WEIGHTED: _("is owed most by the weights"),
    Rotation.LEAST_BUSY: _("was given fewest today"),
    Rotation.RANDOM: _("WeCom picks among those on duty"),
}


def line_of(standing: Standing, plan: Plan) -> dict[str, Any]:
    person, count, why = standing.person, standing.count, standing.why
    words = str(WHY[why])
    if why == Why.NEXT:
        words = f"{words}：{ROTATION_WHY[plan.rotation]}"
    return {
        "employee": standing.colleague,
        "person": person,
        "count": count,
        "daily_cap": person.daily_cap or plan.each_daily_cap,
        "why": words,
        "tone": TONES.get(why, ""),
    }


def trouble_of(channel: Channel) -> tuple[str, str]:
    """What is the matter, and what to do about it."""
    kind = Channel.Trouble
    if channel.trouble == kind.NONE:
        return "", ""
    advice = {
        kind.NOBODY: gettext("Add people or a backup, or wait for the next slot."),
        kind.FULL: gettext("Raise the cap, or add a backup."),
        kind.QUOTA: gettext("Stop codes that are no longer used."),
        kind.LOST: gettext(
            "The printed picture leads nowhere now. Make it anew, and print it again."
        ),
        kind.UNUSABLE: gettext("See whether these colleagues may be added in WeCom."),
        kind.REFUSED: "",
    }[kind(channel.trouble)]
    if channel.errcode and channel.trouble == kind.REFUSED:
        told = explain(channel.errcode)
        advice = f"{told.cause}。{told.remedy}（错误码 {channel.errcode}）。"
    return channel.get_trouble_display(), advice
