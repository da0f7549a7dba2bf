"""What is wrong with channel codes: customers who scan them go astray."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from apps.backoffice.pulse import Mood
from apps.backoffice.troubles.seen import Seen
from apps.backoffice.troubles.trouble import Door, Trouble
from apps.backoffice.troubles.words import as_many, listed
from apps.channels.models import Channel
from apps.channels.words import trouble_of
from apps.joins.keep import words_of

NAMED = 3  # codes that are told by name
PASSES = (Channel.Trouble.NOBODY, Channel.Trouble.FULL)


def of_codes(seen: Seen) -> Iterator[Trouble]:
    """One for each kind of trouble, and for each code of error of WeCom's."""
    alike: dict[tuple[str, int], list[Channel]] = defaultdict(list)
    for code in seen.wire.codes:
        refused = code.trouble == Channel.Trouble.REFUSED
        alike[code.trouble, code.errcode if refused else 0].append(code)
    for (kind, errcode), codes in sorted(alike.items()):
        yield of_those(kind, errcode, sorted(codes, key=lambda code: code.name))


def of_balance(seen: Seen) -> Iterator[Trouble]:
    left = seen.wire.balance
    if left is None:
        return
    title = ngettext(
        "Acquisition links may bring %(many)s more contact",
        "Acquisition links may bring %(many)s more contacts",
        left,
    )
    links = f"{reverse('admin:channels_channel_changelist')}?kind=link"
    yield Trouble(
        name="balance-of-links",
        mood=Mood.LATE if left else Mood.BROKEN,
        title=title % {"many": left},
        meaning=gettext("When none are left, whoever opens a link can add nobody."),
        to_do=gettext("Buy more in WeCom's console, or stop links that cost too much."),
        doors=(Door(title=gettext("See them"), address=links, primary=True),),
    )


def of_group_codes(seen: Seen) -> Iterator[Trouble]:
    """One for each code of groups: there are few."""
    for code in sorted(seen.wire.group_codes, key=lambda code: code.name):
        page = reverse("admin:joins_groupcode_change", args=[code.pk])
        words = {"name": code.name, "trouble": code.get_trouble_display()}
        yield Trouble(
            name=f"group-code-{code.pk}",
            mood=Mood.BROKEN,
            title=gettext("Code of groups “%(name)s”: %(trouble)s") % words,
            meaning=gettext("Whoever scans it may join no group."),
            to_do=words_of(code.trouble),
            doors=(Door(title=gettext("Open the code"), address=page, primary=True),),
        )


def of_those(kind: str, errcode: int, codes: Sequence[Channel]) -> Trouble:
    words, advice = trouble_of(codes[0])
    title = ngettext(
        "%(many)s channel code: %(trouble)s",
        "%(many)s channel codes: %(trouble)s",
        len(codes),
    )
    names = listed([f"“{code.name}”" for code in codes[:NAMED]])
    meaning = gettext("%(names)s: %(effect)s")
    if len(codes) > NAMED:
        meaning = gettext("%(names)s and others: %(effect)s")
    return Trouble(
        name=f"code-{kind}-{errcode}" if errcode else f"code-{kind}",
        mood=Mood.LATE if kind in PASSES else Mood.BROKEN,
        title=title % {"many": as_many(codes), "trouble": words},
        meaning=meaning % {"names": names, "effect": effect_of(kind)},
        to_do=advice,
        doors=(door_to(kind, codes),),
    )


def effect_of(kind: str) -> Any:
    of = Channel.Trouble
    return {
        of.NOBODY: gettext("whoever scans it reaches those who were on it last."),
        of.FULL: gettext("more customers come than it shall take."),
        of.REFUSED: gettext("WeCom still holds what it held before."),
        of.QUOTA: gettext("it has no picture that could be scanned."),
        of.UNUSABLE: gettext("whoever opens the link finds nobody."),
        of.LOST: gettext("a person or another program has removed it there."),
    }[of(kind)]


def door_to(kind: str, codes: Sequence[Channel]) -> Door:
    if len(codes) == 1:
        address = reverse("admin:channels_channel_change", args=[codes[0].pk])
        return Door(title=gettext("Open the code"), address=address, primary=True)
    every = reverse("admin:channels_channel_changelist")
    address = f"{every}?trouble={kind}"
    return Door(title=gettext("See them"), address=address, primary=True)
