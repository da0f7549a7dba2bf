"""Who left, and whose contacts and groups nobody has begun to hand over."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from apps.backoffice.pulse import Mood
from apps.backoffice.troubles.seen import Seen
from apps.backoffice.troubles.trouble import Door, Trouble
from apps.backoffice.troubles.words import as_many, listed

NAMED = 3


def of_leavers(seen: Seen) -> Iterator[Trouble]:
    gone = sorted(seen.wire.leavers, key=lambda left: left.name)
    if not gone:
        return
    title = ngettext(
        "%(many)s colleague left, and nobody has taken over their customers",
        "%(many)s colleagues left, and nobody has taken over their customers",
        len(gone),
    )
    names = listed([left.name for left in gone[:NAMED]])
    meaning = gettext(
        "%(names)s: %(contacts)s customers and %(groups)s groups have nobody to turn "
        "to."
    )
    if len(gone) > NAMED:
        meaning = gettext(
            "%(names)s and others: %(contacts)s customers and %(groups)s groups have "
            "nobody to turn to."
        )
    told = {
        "names": names,
        "contacts": f"{sum(left.contacts for left in gone):,}",
        "groups": f"{sum(left.groups for left in gone):,}",
    }
    yield Trouble(
        name="leavers",
        mood=Mood.LATE,
        since=min(left.at for left in gone),
        title=title % {"many": as_many(gone)},
        meaning=meaning % told,
        to_do=gettext(
            "Hand them over to colleagues. WeCom keeps them for a year after the "
            "colleague left."
        ),
        doors=(
            Door(
                title=gettext("Hand over"),
                address=reverse("admin:assignment_handover_changelist"),
                primary=True,
            ),
        ),
    )
