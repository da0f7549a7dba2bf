"""Of whom it is certain that they are one person, those are merged without asking.

Three signs are enough by themselves, in this order of trust: the same union id, the
same verified phone, an external user id that WeCom says is theirs. The customer of
WeCom is the winner, or whoever we know longer. Whom somebody took apart again stays
apart.
"""

from datetime import datetime

from apps.common.errors import Refused
from apps.contacts.merge import AlreadyMerged, merge, who_stays
from apps.contacts.models import Contact, Merge, Proposal
from apps.contacts.proposals import Alike, propose

AT_ONCE = 20


def join_the_certain(*, at: datetime) -> list[Merge]:
    """Each pair in a transaction of its own; one that cannot be merged waits for a
    person."""
    certain = Proposal.objects.filter(status=Proposal.Status.OPEN, certain=True)
    done = []
    for proposal in certain.order_by("pk")[:AT_ONCE]:
        try:
            if journal := join(proposal, at=at):
                done.append(journal)
        except AlreadyMerged:  # just now, by somebody else: next time
            continue
        except Refused:
            Proposal.objects.filter(pk=proposal.pk).update(certain=False)
    return done


def join(proposal: Proposal, *, at: datetime) -> Merge | None:
    one, other = current(proposal.low_id), current(proposal.high_id)
    if {one.pk, other.pk} != {proposal.low_id, proposal.high_id}:
        # What is certain of somebody is certain of whoever they turned out to be.
        Proposal.objects.filter(pk=proposal.pk).update(status=Proposal.Status.OVERTAKEN)
        if one.pk != other.pk:
            propose([Alike.of(one.pk, other.pk, proposal.reasons)], at=at)
        return None
    winner = who_stays(one, other)
    loser = other if winner is one else one
    return merge(winner=winner, loser=loser, at=at, reasons=proposal.reasons)


def current(contact_id: int) -> Contact:
    contact = Contact.objects.select_related("merged_into").get(pk=contact_id)
    return contact.merged_into or contact
