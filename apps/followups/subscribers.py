"""What follow-ups listen for."""

from apps.contacts.events import FollowStarted
from apps.contacts.models import Contact
from apps.events.bus import subscribe
from apps.followups.move import welcome_as_lead


@subscribe(FollowStarted)
def make_them_a_lead(event: FollowStarted) -> None:
    """Whoever is added is a lead in the first stage, with what it demands."""
    contact = Contact.objects.current().filter(pk=event.contact_id).first()
    if contact is not None:
        welcome_as_lead(contact=contact, at=event.at, source=event.source)
