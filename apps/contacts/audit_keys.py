"""What the audit knows of a person dies with their keys.

Each contact has a key (audit/sealed_values.py); whoever was merged away keeps theirs,
since what was written about them stays theirs when the merge is taken back. A person is
forgotten when all of them are gone.
"""

from django.db.models import Q

from apps.audit import sealed_values
from apps.contacts.models import Contact


def destroy_keys(contact: Contact) -> int:
    """Nobody can read the audit's personal values of this person any more; answers how
    many keys there were. Whatever is written about them afterwards gets a new one."""
    theirs = Contact.objects.filter(Q(pk=contact.pk) | Q(merged_into=contact))
    return sealed_values.destroy_keys(theirs.values_list("pk", flat=True))
