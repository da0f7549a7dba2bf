"""What was seen of a sign of cheating, in words for people."""

from django.utils.translation import gettext

from apps.referrals.sign_models import Sign

Kind = Sign.Kind


def seen_in_words(sign: Sign) -> list[str]:
    """Each figure as a sentence."""
    seen = sign.seen
    said = []
    if sign.kind == Kind.BURST:
        said.append(gettext("%(helpers)s helpers within %(minutes)s minutes") % seen)
        if seen.get("even") is not None and seen["even"] < 0.3:
            said.append(gettext("as evenly as a machine"))
    elif sign.kind == Kind.SAME_DEVICE:
        if seen.get("on_one_device"):
            said.append(gettext("%(on_one_device)s helpers on one device") % seen)
        if seen.get("on_one_address"):
            said.append(
                gettext("%(on_one_address)s helpers with one address and browser")
                % seen
            )
    elif sign.kind == Kind.SAME_PHONE:
        said.append(gettext("%(with_one_number)s helpers with one number") % seen)
    elif sign.kind == Kind.LEFT_AT_ONCE:
        said.append(
            gettext("%(left)s of %(helpers)s helpers left within %(hours)s hours")
            % seen
        )
    elif sign.kind == Kind.RING:
        said.append(
            gettext("%(helpers)s helpers were themselves helped by the inviter's chain")
            % seen
        )
    elif sign.kind == Kind.SECOND_SELF:
        if seen.get("on_their_device"):
            said.append(
                gettext("%(on_their_device)s helpers on the inviter's own device")
                % seen
            )
        if seen.get("with_their_number"):
            said.append(
                gettext("%(with_their_number)s helpers with the inviter's number")
                % seen
            )
    elif sign.kind == Kind.WOKE_UP:
        said.append(
            gettext(
                "silent for %(days)s days, then %(helpers)s helpers within "
                "%(hours)s hours"
            )
            % seen
        )
    return said
