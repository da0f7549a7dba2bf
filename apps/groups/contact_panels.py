"""What group chats bring to the pages of contacts and of employees."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.common.filters import Pick
from apps.common.panels import shared
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, FACT, SIDE, Look, theme
from apps.groups.models import GroupChat, Stay
from apps.staff.models import Employee, User
from apps.staff.panels import EMPLOYEE_PAGE, FIGURES, MAIN
from apps.staff.scope import is_in_reach

SHOWN = 8
AT_FIRST = 3  # groups of a contact; the others unfold

theme(
    "groups",
    title=_("Group chats"),
    looks={
        "GroupJoined": Look("group_add", "good"),
        "GroupLeft": Look("group_remove", "late"),
        "GroupLeft:removed": Look("group_remove", "bad"),
        "GroupLeft:dismissed": Look("group_off"),
    },
)


@CONTACT_PAGE.filter
class GroupFilter(Pick):
    """Those who are in a group chat now, in any, or in none."""

    title = _("group chat")
    parameter_name = "group"
    model = "groups.groupchat"
    hint = _("Name of the group chat")
    others = (("any", _("in any group")), ("none", _("in no group")))

    def narrow(self, contacts: QuerySet, group: GroupChat) -> QuerySet:
        stays = Stay.objects.filter(group=group, left_at__isnull=True)
        return contacts.filter(
            pk__in=stays.filter(identity__isnull=False).values("identity__contact")
        )

    def narrow_to_other(self, contacts: QuerySet, value: str) -> QuerySet:
        stays = Stay.objects.filter(
            identity__contact=OuterRef("pk"), left_at__isnull=True
        )
        return contacts.filter(Exists(stays) if value == "any" else ~Exists(stays))


@CONTACT_PAGE.panel(
    FACT,
    order=60,
    title=_("Group chats"),
    template="admin/groups/fact.html",
    permission="groups.view_groupchat",
)
def in_how_many(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    return {"many": sum(stay.left_at is None for stay in stays_of(contact))}


@CONTACT_PAGE.panel(
    SIDE,
    order=20,
    title=_("Group chats"),
    template="admin/groups/panel.html",
    permission="groups.view_groupchat",
)
def groups_of(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    """Where they are, then where they were, last first."""
    rows = sorted(
        stays_of(contact),
        key=lambda stay: (stay.left_at is not None, -stay.joined_at.timestamp()),
    )
    groups = GroupChat.objects.visible_to(request.user)
    seen = groups.filter(pk__in={stay.group_id for stay in rows})
    return {
        "stays": rows[:AT_FIRST],
        "more": rows[AT_FIRST:],
        "seen": set(seen.values_list("pk", flat=True)),
    }


def stays_of(contact: Contact) -> list[Stay]:
    stays = Stay.objects.filter(identity__contact=contact).select_related("group")
    return shared(contact, "stays", lambda: list(stays))


# --- on the page and in the list of employees -----------------------------------------


def owned_by(employees: Sequence[int]) -> QuerySet[GroupChat]:
    return GroupChat.objects.filter(owner__in=employees, dismissed_at__isnull=True)


@EMPLOYEE_PAGE.column(
    order=20,
    title=_("groups owned"),
    template="admin/groups/many.html",
    permission="groups.view_groupchat",
    for_visitor=True,
)
def how_many_groups(
    employees: Sequence[Employee], *, user: User
) -> dict[int, int | None]:
    """Like their contacts: what colleagues out of reach have is not told."""
    within = [e.pk for e in employees if is_in_reach(e, user)]
    counted = owned_by(within).order_by().values("owner").annotate(many=Count("pk"))
    many = Counter({row["owner"]: row["many"] for row in counted})
    return {e.pk: many[e.pk] if e.pk in within else None for e in employees}


@EMPLOYEE_PAGE.panel(
    FIGURES,
    order=20,
    title=_("groups owned"),
    template="admin/contacts/contact/figures.html",
    permission="groups.view_groupchat",
)
def number_of_groups(employee: Employee, request: HttpRequest) -> dict[str, Any] | None:
    if not is_in_reach(employee, request.user):
        return None
    address = reverse("admin:groups_groupchat_changelist")
    figure = {
        "title": _("groups owned"),
        "icon": "forum",
        "many": owned_by([employee.pk]).count(),
        "address": f"{address}?owner={employee.pk}",
    }
    return {"figures": [figure]}


@EMPLOYEE_PAGE.panel(
    MAIN,
    order=30,
    title=_("Group chats"),
    template="admin/groups/owned.html",
    permission="groups.view_groupchat",
)
def groups_owned(employee: Employee, request: HttpRequest) -> dict[str, Any] | None:
    if not is_in_reach(employee, request.user):
        return None
    rows = owned_by([employee.pk]).order_by("-member_count", "pk")
    return {"groups": rows[:SHOWN]}
