"""What somebody wanted changed of WeCom's tags, and WeCom did not do."""

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from apps.backoffice.pulse import Mood
from apps.backoffice.troubles.seen import Seen
from apps.backoffice.troubles.trouble import Door, Trouble
from apps.backoffice.troubles.words import as_many, listed
from apps.tags.models import TagChange
from apps.wecom.errcodes import explain

REASONS = 3  # that are told


def of_changes(seen: Seen) -> Iterator[Trouble]:
    state = TagChange.State
    refused = [c for c in seen.wire.changes if c.state == state.REFUSED]
    overtaken = [c for c in seen.wire.changes if c.state == state.OVERTAKEN]
    if refused:
        yield of_refused(refused)
    if overtaken:
        yield of_overtaken(overtaken)


def of_refused(changes: Sequence[TagChange]) -> Trouble:
    codes = sorted({change.errcode for change in changes if change.errcode})
    causes = [explain(code).cause for code in codes[:REASONS]]
    meaning = gettext("The tags are as they were before.")
    if causes:
        words = gettext("%(causes)s. The tags are as they were before.")
        meaning = words % {"causes": listed(causes)}
    title = ngettext(
        "WeCom refused %(many)s change of tags",
        "WeCom refused %(many)s changes of tags",
        len(changes),
    )
    return Trouble(
        name="tags-refused",
        mood=Mood.LATE,
        title=title % {"many": as_many(changes)},
        meaning=meaning,
        to_do=gettext(
            "Open the tags: each change stands there with its reason. Try it again, or "
            "say that you have seen it."
        ),
        since=min(change.at for change in changes),
        doors=(door_to(changes),),
    )


def of_overtaken(changes: Sequence[TagChange]) -> Trouble:
    title = ngettext(
        "%(many)s change of tags was overtaken by one in WeCom",
        "%(many)s changes of tags were overtaken by some in WeCom",
        len(changes),
    )
    return Trouble(
        name="tags-overtaken",
        mood=Mood.LATE,
        title=title % {"many": as_many(changes)},
        meaning=gettext(
            "What was done in WeCom meanwhile holds; what was wanted here was not sent."
        ),
        to_do=gettext(
            "Open the tags and look whether it is right so. If not, change it again."
        ),
        since=min(change.at for change in changes),
        doors=(door_to(changes),),
    )


def door_to(changes: Sequence[TagChange]) -> Door:
    """The page of their group, or that of all groups."""
    groups = {change.group_id for change in changes}
    address = reverse("admin:tags_taggroup_changelist")
    if len(groups) == 1 and (group := groups.pop()):
        address = reverse("admin:tags_taggroup_change", args=[group])
    return Door(title=gettext("Open the tags"), address=address, primary=True)
