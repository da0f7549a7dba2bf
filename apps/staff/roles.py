"""The three roles, what each may do, and who may give them.

An administrator may do everything. A manager sees the business and may synchronise
now. An employee sees contacts, groups, tags and colleagues. Whose contacts they see,
and how often they may see one unmasked, is set for each role (`Reach`, scope.py).

A role is one of Django's groups, under a name that never changes. Nobody changes their
own role, and nobody touches, or makes, somebody above them.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps as current_apps
from django.contrib.auth.models import Group
from django.db import transaction

from apps.common.errors import MayNot
from apps.staff.models import Reach, Role, User

RANK = {"": 0, Role.EMPLOYEE: 1, Role.MANAGER: 2, Role.ADMINISTRATOR: 3}
ABOVE_ALL = 4  # a superuser

PEOPLE = (
    "contacts.view_contact",
    "contacts.view_follow",
    "contacts.view_identity",
    "contacts.view_proposal",
    "contacts.change_proposal",
    "contacts.view_merge",
    "contacts.change_merge",
    "contacts.unmask_contact",
    "contacts.view_attributevalue",
    "contacts.change_attributevalue",
    "contacts.view_consentrecord",
    "contacts.add_consentrecord",
    "assignment.view_assignment",
    "assignment.view_pool",
    "assignment.claim_pool",
    "campaigns.view_campaign",
    "campaigns.view_participation",
    "campaigns.view_grant",
    "campaigns.change_grant",  # hand prizes out, take them back
    "channels.view_channel",
    "channels.view_entry",
    "joins.view_groupcode",
    "followups.view_note",
    "followups.add_note",
    "followups.change_note",
    "followups.delete_note",
    "followups.view_lead",
    "followups.add_lead",
    "followups.change_lead",
    "followups.view_stage",
    "followups.view_task",
    "followups.add_task",
    "followups.change_task",
    "followups.view_notice",
    "errands.view_errand",
    "groups.view_groupchat",
    "groups.view_stay",
    "tags.view_taggroup",
    "tags.view_tag",
    "tags.view_tagging",
    "tags.add_tagging",
    "tags.delete_tagging",
    "orders.view_order",
    "orders.view_product",
    "scoring.view_standing",
    "segments.view_segment",
    "referrals.view_invite",
    "referrals.view_referral",
    "referrals.view_credit",
    "posters.view_poster",
    "loyalty.view_level",
    "loyalty.view_membership",
    "loyalty.view_pointsentry",
    "welcomes.view_greeting",
    "welcomes.view_welcome",
    "staff.view_department",
    "staff.view_employee",
    "staff.view_posting",
)
AUDIENCES = ("segments.add_segment",)  # and to change one's own
CATALOGUE = ("tags.change_taggroup",)  # make, rename, move and delete tags
TABLES = (
    "imports.view_import",
    "imports.add_import",
    "exports.view_export",
    "exports.add_export",
    "exports.whole_export",
)
MACHINERY = (
    "sync.view_pull",
    "sync.add_pull",
    "sync.view_difference",
    "wecom.view_callback",
    "wecom.view_command",
    "events.view_delivery",
    "events.view_eventrecord",
    "common.view_slot",
    "imports.view_pass",
    "exports.view_writing",
    "segments.view_refresh",
    "scoring.view_foretelling",
    "autotags.view_tagrule",
    "scoring.view_scorerule",
    "scoring.view_rescore",
)
SETTINGS = (
    "contacts.view_attribute",
    "contacts.add_attribute",
    "contacts.change_attribute",
    "lists.change_savedview",
    "segments.change_segment",
    "autotags.change_tagrule",
    "scoring.change_predictor",
    "scoring.change_scorerule",
    "followups.change_stage",
    "followups.change_worksetting",
    "loyalty.change_level",
    "contacts.view_consenttext",
    "contacts.add_consenttext",
    "contacts.change_consenttext",
)
PRIVACY = (
    "contacts.copy_contact",
    "contacts.view_erasure",
    "contacts.add_erasure",
    "contacts.change_erasure",
)
DOORS = (
    "campaigns.add_campaign",
    "campaigns.change_campaign",
    "referrals.view_sign",
    "referrals.change_sign",  # accept or void what looks like cheating
    "channels.add_channel",
    "channels.change_channel",
    "posters.change_poster",
    "joins.add_groupcode",
    "joins.change_groupcode",
    "welcomes.add_welcome",
    "welcomes.change_welcome",
)
LEADS = (
    "assignment.add_assignment",  # give contacts to colleagues
    "assignment.view_assignmentrule",
    "assignment.change_assignmentrule",
    "assignment.change_pool",
    "assignment.view_handover",
    "assignment.add_handover",
)
TEAM = ("lists.add_savedview",)  # to share a view with everybody
SALES = (
    "orders.change_product",
    "scoring.view_lifetimefit",
    "scoring.view_predictor",
    "loyalty.add_pointsentry",  # to correct somebody's points
    "errands.add_errand",
    "reports.view_reckoning",
    "reports.view_cost",
    "reports.add_cost",
)
REPAIR = (
    "sync.change_pull",
    "wecom.change_callback",
    "wecom.change_command",
    "events.change_delivery",
    "common.change_slot",
    "imports.change_pass",
    "lists.change_batch",
    "segments.change_refresh",
    "scoring.change_foretelling",
    "scoring.change_rescore",
    "exports.change_writing",
    "exports.approve_export",
    "staff.view_user",
    "staff.add_user",
    "staff.change_user",
    "staff.view_reach",
    "audit.view_auditrow",
    "staff.change_reach",
    "clients.view_client",
    "clients.add_client",
    "clients.change_client",
)
RIGHTS = {
    Role.EMPLOYEE: PEOPLE,
    Role.MANAGER: (
        *(*PEOPLE, *DOORS, *LEADS, *SALES, *TEAM, *AUDIENCES, *CATALOGUE, *TABLES),
        *MACHINERY,
    ),
    Role.ADMINISTRATOR: (
        *(*PEOPLE, *DOORS, *LEADS, *SALES, *TEAM, *AUDIENCES, *CATALOGUE, *TABLES),
        *MACHINERY,
        *(*SETTINGS, *PRIVACY, *REPAIR),
    ),
}


class OwnRole(MayNot):
    """Nobody can change their own role."""

    code = "own_role"


class AboveYou(MayNot):
    """This person, or this role, is above yours."""

    code = "above_you"


def grant_roles(apps: Any = current_apps) -> None:
    """Make the three groups and give them exactly the rights above.

    Runs in a migration, before Django has made the permissions: makes them as well.
    """
    Group = apps.get_model("auth", "Group")
    for role, rights in RIGHTS.items():
        group, _made = Group.objects.get_or_create(name=role.value)
        group.permissions.set(permissions(rights, apps))
        set_out(role, apps)


def set_out(role: Role, apps: Any) -> None:
    """What the role may see at first; what somebody has set since is left alone."""
    try:
        reaches = apps.get_model("staff", "Reach").objects
    except LookupError:  # a migration of the time before
        return
    first = Reach.FIRST[role]
    reaches.get_or_create(
        role=role.value,
        defaults={
            "scope": first.scope.value,
            "unmasks_per_day": first.unmasks_per_day,
        },
    )


def permissions(rights: Iterable[str], apps: Any) -> list[Any]:
    """The rows of these permissions, such as "contacts.view_contact"."""
    Permission = apps.get_model("auth", "Permission")
    rows = Permission.objects.select_related("content_type")
    there = {f"{row.content_type.app_label}.{row.codename}": row for row in rows}
    return [there.get(right) or made(right, apps) for right in rights]


def made(right: str, apps: Any) -> Any:
    app_label, codename = right.split(".")
    verb, model = codename.split("_", 1)
    kind, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=app_label, model=model
    )
    permission, _made = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind,
        codename=codename,
        defaults={"name": f"Can {verb} {model}"},
    )
    return permission


def role_of(user: User) -> str:
    """The highest role, or the empty string."""
    names = {group.name for group in user.groups.all()} & set(Role.values)
    return max(names, key=lambda name: RANK[name], default="")


def rank_of(user: User) -> int:
    return ABOVE_ALL if user.is_superuser else RANK[role_of(user)]


def may_touch(user: User, *, by: User) -> bool:
    """May `by` change the account of `user`? Administrators may change each other."""
    if user.pk == by.pk:
        return True
    rank = rank_of(by)
    if rank >= RANK[Role.ADMINISTRATOR]:
        return rank_of(user) <= rank
    return rank_of(user) < rank


def roles_to_give(*, by: User) -> list[Role]:
    rank = rank_of(by)
    if rank >= RANK[Role.ADMINISTRATOR]:
        return list(Role)
    return [role for role in Role if RANK[role] < rank]


@transaction.atomic
def give_role(user: User, *, role: str, by: User) -> None:
    """Give a role, or take it with the empty one: without a role nobody signs in."""
    opens = bool(role) or user.is_superuser
    if role == role_of(user) and opens == (user.is_active and user.is_staff):
        return
    if user.pk == by.pk:
        raise OwnRole
    if not may_touch(user, by=by) or (role and role not in roles_to_give(by=by)):
        raise AboveYou
    user.groups.remove(*Group.objects.filter(name__in=Role.values))
    if role:
        user.groups.add(Group.objects.get(name=role))
    user.is_staff = user.is_active = opens
    user.save(update_fields=["is_staff", "is_active"])
