"""In which group chats a contact is, for the rule language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.groups.models import Stay
from apps.rules.fields import Option, Rows, Totals, add
from apps.rules.operators import Kind
from apps.rules.shapes import Shape

STAYS: dict[str, Any] = {
    "group": _("Group chats"),
    "permission": "groups.view_stay",
    "topic": "stay",
    "table": "groups_stay AS row "
    "JOIN contacts_identity AS identity ON identity.id = row.identity_id",
    "contact": "identity.contact_id",
}
CHAT = Option(
    name="chat",
    title=_("group chat"),
    shape=Shape.PICKS,
    sql="row.group_id = ANY(%(chat)s)",
    model="groups.groupchat",
    says=_("in %(value)s"),
)

add(
    Rows(
        name="in_groups",
        title=_("is in group chats"),
        kind=Kind.PICKS,
        model="groups.groupchat",
        value="row.group_id",
        where="row.left_at IS NULL",
        optional=True,
        keyed=True,
        **STAYS,
    ),
    Totals(
        name="groups",
        title=_("number of group chats"),
        kind=Kind.COUNT,
        measure="count(*)",
        where="row.left_at IS NULL",
        **STAYS,
    ),
    Totals(
        name="joined_group",
        title=_("last joined a group chat"),
        kind=Kind.MOMENT,
        measure="max(row.joined_at)",
        options=(CHAT,),
        optional=True,
        **STAYS,
    ),
    Totals(
        name="left_group",
        title=_("last left a group chat"),
        kind=Kind.MOMENT,
        measure="max(row.left_at)",
        where="row.left_at IS NOT NULL",
        options=(CHAT,),
        optional=True,
        **STAYS,
    ),
    Rows(
        name="left_group_by",
        title=_("how they left group chats"),
        kind=Kind.CHOICES,
        value="nullif(row.left_by, '')",
        choices=lambda: dict(Stay.LeftBy.choices),
        options=(CHAT,),
        **STAYS,
    ),
)
