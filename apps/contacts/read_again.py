"""Ask WeCom for everything about a contact once more; what it last told by itself.

A person presses a button because they doubt what they see. The question goes out as a
command; the answer is what any reading brings (see sync/heard_contacts.py). Asking
twice before the answer came is asking once.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.note import Note, note_all
from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.contacts.identify import turn
from apps.contacts.models import Contact, Identity
from apps.lists.actions import Action, Handful, offer
from apps.wecom.models import Callback, Command
from apps.wecom.outbox import Wished, ask, ask_all, wish

LIST = "contacts.contact"


class UnknownToWeCom(Refused):
    """This contact has no id in WeCom, so there is nothing to read."""

    code = "unknown_to_wecom"


@transaction.atomic
def read_again(*, contact: Contact) -> list[Command]:
    """The commands that wait, one for every id; none if they are under way already."""
    asked = [
        ask("externalcontact.get", **question_about(external_id))
        for external_id in external_ids(contact)
    ]
    if not asked:
        raise UnknownToWeCom
    return [command for command in asked if command is not None]


def question_about(external_id: str) -> Wished:
    """For everything that WeCom tells; while it waits, it is asked once."""
    return {
        "arguments": {"external_userid": external_id},
        "answer": "sync.contact_read",
        "about": {"external_id": external_id},
        "once": turn(external_id),
    }


def read_many_again(handful: Handful) -> None:
    """The same for many: each waits for what becomes of its commands."""
    ids: dict[int, list[str]] = {}
    for identity in Identity.objects.external().filter(contact__in=handful.things):
        ids.setdefault(identity.contact_id, []).append(identity.value)
    known = [external_id for each in ids.values() for external_id in each]
    ask_all(wish("externalcontact.get", **question_about(each)) for each in known)
    waiting = Command.objects.filter(
        once__in=[turn(each) for each in known], status=Job.Status.WAITING
    )
    numbers = dict(waiting.values_list("once", "pk"))
    for number in handful.things:
        if number in ids:
            mine = [numbers.get(turn(each)) for each in ids[number]]
            handful.asked(number, [pk for pk in mine if pk])
        else:
            handful.failed(number, UnknownToWeCom())
    notes = [Note(deed="read_again", kind=LIST, number=pk, contact_id=pk) for pk in ids]
    note_all(notes, by=handful.by, at=handful.at)


offer(
    Action(
        name="read_again",
        list=LIST,
        title=_("Read again from WeCom"),
        icon="sync",
        permission="contacts.view_contact",
        do=read_many_again,
        sentence=_("%(many)s contacts were read again from WeCom"),
    )
)


def outcome_of(number: int, *, contact: Contact) -> str:
    """ "waiting", "done" or "failed"; nothing for a command about somebody else."""
    about = Command.objects.filter(about__external_id__in=external_ids(contact))
    command = about.filter(pk=number).first()
    if command is None:
        return ""
    if command.status in Job.UNFINISHED:
        return "waiting"
    return "failed" if command.status == Job.Status.FAILED else "done"


def last_told(contact: Contact) -> Callback | None:
    """The last callback about any of the contact's ids."""
    subjects = [turn(external_id) for external_id in external_ids(contact)]
    about = Callback.objects.filter(subject__in=subjects)
    return about.order_by("-pk").first()


def external_ids(contact: Contact) -> list[str]:
    known = contact.identities.all()
    return sorted(i.value for i in known if i.kind == Identity.Kind.EXTERNAL)
