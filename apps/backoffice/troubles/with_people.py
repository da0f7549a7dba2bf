"""What somebody of our own does that a person would not."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext

from apps.audit.watch import LOOKED_TOO_MUCH
from apps.backoffice.troubles.seen import Seen
from apps.backoffice.troubles.trouble import Door, Trouble


def of_those_who_look(seen: Seen) -> Iterator[Trouble]:
    latest: dict[str, datetime] = {}
    for name, at in seen.wire.looked:
        latest[name] = max(at, latest.get(name, at))
    for name, at in latest.items():
        audit = reverse("admin:audit_auditrow_changelist")
        asked = urlencode({"deed": LOOKED_TOO_MUCH, "q": name})
        yield Trouble(
            name=f"looked-{name}",
            title=gettext("%(name)s looked at more than people do") % {"name": name},
            meaning=gettext(
                "So many pages in ten minutes, or so many phones tried one after "
                "another, are the work of a program. It has been slowed."
            ),
            to_do=gettext(
                "Ask them. If it was not them, take their role away and set a new "
                "password: that ends their sessions."
            ),
            since=at,
            doors=(
                Door(title=gettext("See the audit"), address=f"{audit}?{asked}"),
                Door(
                    title=gettext("To their sign-in"),
                    address=f"{reverse('admin:staff_user_changelist')}?"
                    + urlencode({"q": name}),
                ),
            ),
        )
