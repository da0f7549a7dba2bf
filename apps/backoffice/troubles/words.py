"""What jobs are about, in words; where the list of them stands."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import ngettext, pgettext

from apps.backoffice.troubles.not_done import Alike
from apps.backoffice.troubles.seen import TOLD
from apps.common.jobs import Job
from apps.common.timetable import entries
from apps.common.wording import spaced
from apps.events.telling import hearer
from apps.wecom.in_words import call_in_words, kind_in_words

MOST = 3  # topics that are told of a group


def list_of(kind: type[Job], page: str = "changelist", **question: Any) -> str:
    name = f"admin:{kind._meta.app_label}_{kind._meta.model_name}_{page}"
    asked = {key: str(value) for key, value in question.items()}
    return reverse(name) + (f"?{urlencode(asked)}" if asked else "")


def topics_in_words(group: Alike) -> str:
    """What the jobs of a group are about, the most frequent first."""
    known = group.topics.most_common()
    words = listed([topic_in_words(group.kind, *topic) for topic, _ in known[:MOST]])
    if len(known) > MOST:
        more = ngettext(
            "%(topics)s and %(many)d more", "%(topics)s and %(many)d more", len(known)
        )
        words = more % {"topics": words, "many": len(known) - MOST}
    return words


def topic_in_words(kind: type[Job], topic: str, more: str) -> str:
    label = kind._meta.label
    if label == "wecom.Callback":
        return kind_in_words(topic, more)
    if label == "wecom.Command":
        return call_in_words(topic)
    if label == "events.Delivery":
        return hearer(topic)
    entry = entries().get(topic)
    return spaced(str(entry.title)) if entry and entry.title else topic


def as_many(found: Sequence[Any]) -> str:
    """How many were found; beyond those that are looked at nobody has counted."""
    return f"{TOLD}+" if len(found) >= TOLD else str(len(found))


def listed(words: list[Any]) -> str:
    return pgettext("enumeration", ", ").join(str(word) for word in words)
