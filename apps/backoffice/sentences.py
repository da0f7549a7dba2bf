"""What each event means, as a sentence whose subject is the contact."""

from django.utils.translation import gettext_lazy as _

from apps.clients.models import Client
from apps.contacts.models import Attribute
from apps.events.telling import NAMED, SENTENCES
from apps.groups.models import GroupChat
from apps.staff.models import Employee
from apps.tags.models import Tag


def fill() -> None:
    NAMED.update(
        {
            "client": Client,
            "employee": Employee,
            "group": GroupChat,
            "tag": Tag,
            "attribute": Attribute,
        }
    )
    SENTENCES.update(
        {
            "ContactCreated": _("became known"),
            "FollowStarted": _("became connected with %(employee)s"),
            "FollowEnded:contact": _("deleted %(employee)s"),
            "FollowEnded:employee": _("was deleted by %(employee)s"),
            "FollowEnded:transfer": _("was moved from %(employee)s to a colleague"),
            "FollowEnded:resigned": _("lost %(employee)s, who left the company"),
            "TransferFailed:customer_refused": _("refused to move to %(employee)s"),
            "TransferFailed:customer_limit_exceed": _(
                "could not move to %(employee)s, who has too many contacts"
            ),
            "ArchivingAgreed": _("agreed that %(employee)s's chat is archived"),
            "EmployeeLeft": _("%(employee)s left the company"),
            "GroupJoined": _("joined the group %(group)s"),
            "GroupLeft": _("left the group %(group)s"),
            "GroupLeft:removed": _("was removed from the group %(group)s"),
            "GroupLeft:dismissed": _("lost the group %(group)s, which was dismissed"),
            "GroupLeft:gone": _("is no longer listed in the group %(group)s"),
            "AccountRenamed": _("%(employee)s has another WeCom account"),
            "TagDeleted": _("the tag %(tag)s was deleted"),
            "AttributesChanged": _("%(attribute)s changed"),
            "Tagged": _("got the tag %(tag)s"),
            "Untagged": _("lost the tag %(tag)s"),
            "KeyMade": _("%(client)s got an API key"),
            "KeyRevoked": _("an API key of %(client)s was revoked"),
        }
    )
