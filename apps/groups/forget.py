"""Whoever is erased was in no group; how many are in each is counted anew."""

from apps.contacts.forget import Traces
from apps.groups.chats import recount
from apps.groups.models import Stay


def forget_stays(traces: Traces) -> int:
    rows = Stay.objects.filter(identity__contact__in=traces.contacts)
    groups = set(rows.values_list("group", flat=True))
    gone = rows.delete()[0]
    recount(groups)
    return gone
