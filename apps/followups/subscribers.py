"""What follow-ups listen for."""

from apps.contacts.events import ContactsMerged, FollowStarted
from apps.contacts.models import Contact
from apps.events.bus import subscribe
from apps.followups.move import welcome_as_lead
from apps.followups.owner_found import owner_found


@subscribe(FollowStarted)
def make_them_a_lead(event: FollowStarted) -> None:
    """Whoever is added is a lead in the first stage, with what it demands; if they are
    one already and nobody looked after them, it is demanded now."""
    contact = Contact.objects.current().filter(pk=event.contact_id).first()
    if contact is None:
        return
    if not welcome_as_lead(contact=contact, at=event.at, source=event.source):
        owner_found(contacts=[contact.pk], at=event.at)


@subscribe(ContactsMerged)
def demand_of_whose_they_are(event: ContactsMerged) -> None:
    """The lead of one whom nobody looked after is the other's now."""
    if event.contact_id is not None:
        owner_found(contacts=[event.contact_id], at=event.at)
