"""What contacts and follows bring to the language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact, Follow, Identity
from apps.contacts.ways import AddWay
from apps.rules import attribute_words as attribute_words  # adds them
from apps.rules import consent_words as consent_words  # likewise
from apps.rules.fields import Option, Rows, Through, Totals, add
from apps.rules.operators import Kind
from apps.rules.shapes import Shape
from apps.staff.tree import read_tree

WHO_THEY_ARE = _("Contact")
CONNECTIONS = _("Connections")
OF_CONTACTS: dict[str, Any] = {
    "group": WHO_THEY_ARE,
    "permission": "contacts.view_contact",
    "topic": "contact",
    "table": "contacts_contact AS row",
    "contact": "row.id",
}
FOLLOWS = (
    "contacts_follow AS row "
    "JOIN contacts_identity AS identity ON identity.id = row.identity_id"
)
OF_FOLLOWS: dict[str, Any] = {
    "group": CONNECTIONS,
    "permission": "contacts.view_follow",
    "topic": "follow",
    "table": FOLLOWS,
    "contact": "identity.contact_id",
}
WITH = Option(
    name="employee",
    title=_("employee"),
    shape=Shape.PICKS,
    sql="row.employee_id = ANY(%(employee)s)",
    model="staff.employee",
    says=_("with %(value)s"),
)


def people_of(departments: tuple[int, ...]) -> tuple[int, ...]:
    """Everybody who works in one of these departments or below it."""
    branches = read_tree().branches
    found = {who for pk in departments if (b := branches.get(pk)) for who in b.people}
    return tuple(sorted(found))


add(
    Rows(
        name="standing",
        title=_("standing"),
        kind=Kind.CHOICE,
        value="row.standing",
        choices=lambda: dict(Contact.Standing.choices),
        **OF_CONTACTS,
    ),
    Rows(
        name="owner",
        title=_("owner"),
        kind=Kind.PICK,
        value="row.owner_id",
        model="staff.employee",
        optional=True,
        **OF_CONTACTS,
    ),
    Through(
        name="owner_department",
        title=_("department of the owner"),
        kind=Kind.PICK,
        group=WHO_THEY_ARE,
        permission="contacts.view_contact",
        model="staff.department",
        of="owner",
        translate=people_of,
    ),
    Rows(
        name="added_at",
        title=_("added at"),
        kind=Kind.MOMENT,
        value="row.added_at",
        **OF_CONTACTS,
    ),
    Rows(
        name="name",
        title=_("name"),
        kind=Kind.TEXT,
        value="nullif(row.name, '')",
        optional=True,
        **OF_CONTACTS,
    ),
    Rows(
        name="gender",
        title=_("gender"),
        kind=Kind.CHOICE,
        value="row.gender",
        choices=lambda: dict(Contact.Gender.choices),
        **OF_CONTACTS,
    ),
    Rows(
        name="kind",
        title=_("kind"),
        kind=Kind.CHOICE,
        value="row.kind",
        choices=lambda: dict(Contact.Kind.choices),
        **OF_CONTACTS,
    ),
    Rows(
        name="company",
        title=_("company"),
        kind=Kind.TEXT,
        value="nullif(row.corp_name, '')",
        optional=True,
        **OF_CONTACTS,
    ),
    Rows(
        name="position",
        title=_("position"),
        kind=Kind.TEXT,
        value="nullif(row.position, '')",
        optional=True,
        **OF_CONTACTS,
    ),
    Rows(
        name="identities",
        title=_("identities"),
        group=WHO_THEY_ARE,
        permission="contacts.view_identity",
        kind=Kind.CHOICES,
        topic="identity",
        table="contacts_identity AS row",
        value="row.kind",
        choices=lambda: dict(Identity.Kind.choices),
    ),
    Totals(
        name="last_seen",
        title=_("last seen"),
        group=WHO_THEY_ARE,
        permission="contacts.view_identity",
        kind=Kind.MOMENT,
        optional=True,
        topic="identity",
        table="contacts_identity AS row",
        measure="max(row.last_seen_at)",
    ),
    Rows(
        name="followed_by",
        title=_("is connected with"),
        kind=Kind.PICKS,
        value="row.employee_id",
        where="row.ended_at IS NULL",
        model="staff.employee",
        optional=True,
        keyed=True,
        **OF_FOLLOWS,
    ),
    Through(
        name="followed_by_department",
        title=_("is connected with department"),
        kind=Kind.PICK,
        group=CONNECTIONS,
        permission="contacts.view_follow",
        model="staff.department",
        of="followed_by",
        translate=people_of,
    ),
    Totals(
        name="follows",
        title=_("number of connections"),
        kind=Kind.COUNT,
        measure="count(*)",
        where="row.ended_at IS NULL",
        **OF_FOLLOWS,
    ),
    Rows(
        name="add_way",
        title=_("came by"),
        kind=Kind.CHOICES,
        value="row.add_way",
        choices=lambda: dict(AddWay.choices),
        options=(WITH,),
        optional=True,
        **OF_FOLLOWS,
    ),
    Rows(
        name="channel_state",
        title=_("channel state"),
        kind=Kind.TEXT,
        value="nullif(row.state, '')",
        options=(WITH,),
        optional=True,
        **OF_FOLLOWS,
    ),
    Rows(
        name="followed_since",
        title=_("connected since"),
        kind=Kind.MOMENT,
        value="row.started_at",
        where="row.ended_at IS NULL",
        options=(WITH,),
        **OF_FOLLOWS,
    ),
    Rows(
        name="follow_ended",
        title=_("connection ended"),
        kind=Kind.MOMENT,
        value="row.ended_at",
        options=(WITH,),
        optional=True,
        **OF_FOLLOWS,
    ),
    Rows(
        name="ended_by",
        title=_("connection ended by"),
        kind=Kind.CHOICES,
        value="nullif(row.ended_by, '')",
        choices=lambda: dict(Follow.EndedBy.choices),
        options=(WITH,),
        **OF_FOLLOWS,
    ),
)
