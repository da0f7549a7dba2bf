"""What contacts bring to their own page, and to those of employees."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.contacts import attribute_panel as attribute_panel  # fills its place
from apps.contacts import choose_other as choose_other  # likewise
from apps.contacts import consent_panel as consent_panel  # likewise
from apps.contacts import correct_door as correct_door  # likewise
from apps.contacts.filters import contacts_of
from apps.contacts.masked import shown
from apps.contacts.models import Contact, Follow, Identity
from apps.contacts.panels import CONTACT_PAGE, FACT, MAIN, NEXT, SIDE, Look, Next, theme
from apps.contacts.portrait import portrait_of
from apps.contacts.unmask import may_see_whole
from apps.contacts.unmask_door import line_of
from apps.staff.models import Department, Employee, User
from apps.staff.panels import EMPLOYEE_PAGE, FIGURES
from apps.staff.panels import MAIN as EMPLOYEE_MAIN
from apps.staff.scope import is_in_reach

EndedBy = Follow.EndedBy
RECENT = 8

theme(
    "attributes", title=_("Attributes"), looks={"AttributesChanged": Look("edit_note")}
)
theme(
    "follows",
    title=_("Connections"),
    looks={
        "ContactCreated": Look("person"),
        "ContactsMerged": Look("join_inner", "good"),
        "MergeUndone": Look("undo", "late"),
        "FollowStarted": Look("person_add", "good"),
        "FollowEnded": Look("person_remove", "late"),
        "FollowEnded:contact": Look("person_remove", "bad"),
        "FollowEnded:employee": Look("person_off", "late"),
        "FollowEnded:transfer": Look("swap_horiz"),
        "FollowEnded:resigned": Look("person_off", "late"),
        "TransferFailed": Look("sync_problem", "late"),
        "ArchivingAgreed": Look("verified_user"),
    },
)


@CONTACT_PAGE.panel(
    FACT,
    order=10,
    title=_("phone"),
    template="admin/contacts/contact/phone.html",
    permission="contacts.view_identity",
)
def phone_of(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    """As far as everybody may see it: a verified one before what was noted."""
    phones = [i for i in contact.identities.all() if i.kind == Identity.Kind.PHONE]
    phones.sort(key=lambda phone: (not phone.verified, phone.pk))
    return {"phone": shown(phones[0]) if phones else "", "others": len(phones) - 1}


@CONTACT_PAGE.panel(
    NEXT,
    order=5,
    title=_("Connections"),
    template="",
    permission="contacts.view_follow",
)
def what_follows_wait_for(
    contact: Contact, request: HttpRequest
) -> dict[str, Any] | None:
    """Requests to accept, and somebody to be handed over."""
    waiting = [f for f in portrait_of(contact).open if f.confirmed_at is None]
    found = [
        Next(gettext("%s is to accept the request") % follow.employee, "how_to_reg")
        for follow in waiting[:2]
    ]
    if contact.owner and contact.owner.has_left:
        found.append(Next(gettext("To be handed over to a colleague"), "move_up"))
    return {"lines": found} if found else None


@CONTACT_PAGE.panel(
    MAIN,
    order=10,
    title=_("Who serves them"),
    template="admin/contacts/contact/follows.html",
    permission="contacts.view_follow",
)
def follows_of(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    portrait = portrait_of(contact)
    departments = Department.objects.in_bulk(
        {follow.employee.main_department_id for follow in portrait.follows} - {None}
    )
    return {
        "follows": [
            {
                "follow": follow,
                "owns": follow.ended_at is None
                and follow.employee_id == contact.owner_id,
                "department": departments.get(follow.employee.main_department_id),
            }
            for follow in portrait.follows
        ],
    }


@CONTACT_PAGE.panel(
    SIDE,
    order=90,
    title=_("Identities"),
    template="admin/contacts/contact/identities.html",
    permission="contacts.view_identity",
)
def identities_of(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    kinds = list(Identity.Kind)
    rows = sorted(contact.identities.all(), key=lambda i: (kinds.index(i.kind), i.pk))
    may_unmask = may_see_whole(request.user)
    return {"rows": [line_of(each, may_unmask=may_unmask) for each in rows]}


# --- on the page and in the list of employees -----------------------------------------


@EMPLOYEE_PAGE.column(
    order=10,
    title=_("contacts"),
    template="admin/contacts/contact/many.html",
    permission="contacts.view_contact",
    for_visitor=True,
)
def how_many_contacts(
    employees: Sequence[Employee], *, user: User
) -> dict[int, int | None]:
    """An index has it all; `*`, for the primary key is not in it. None: not told."""
    within = [e.pk for e in employees if is_in_reach(e, user)]
    mine = Follow.objects.open().filter(employee__in=within)
    counted = mine.order_by().values("employee").annotate(many=Count("*"))
    many = Counter({row["employee"]: row["many"] for row in counted})
    return {e.pk: many[e.pk] if e.pk in within else None for e in employees}


@EMPLOYEE_PAGE.panel(
    FIGURES,
    order=10,
    title=_("contacts"),
    template="admin/contacts/contact/figures.html",
    permission="contacts.view_contact",
)
def contacts_by_standing(
    employee: Employee, request: HttpRequest
) -> dict[str, Any] | None:
    """Each number with the list behind it, as long as the visitor may see it."""
    if not is_in_reach(employee, request.user):
        return None
    mine = Contact.objects.visible_to(request.user)
    address = reverse("admin:contacts_contact_changelist")
    kinds = (
        ("", _("in contact"), "group"),
        (EndedBy.CONTACT, _("deleted the employee"), "person_remove"),
        (EndedBy.EMPLOYEE, _("deleted by the employee"), "person_off"),
        (EndedBy.TRANSFER, _("moved to colleagues"), "swap_horiz"),
        (EndedBy.RESIGNED, _("left behind"), "move_up"),
    )
    figures = [
        {
            "title": title,
            "icon": icon,
            "many": mine.filter(pk__in=contacts_of(employee, ended_by=kind)).count(),
            "address": f"{address}?follower={employee.pk}{kind and f'.{kind}'}",
        }
        for kind, title, icon in kinds
    ]
    return {"figures": [f for f in figures if f["many"] or f is figures[0]]}


@EMPLOYEE_PAGE.panel(
    EMPLOYEE_MAIN,
    order=10,
    title=_("Came last"),
    template="admin/contacts/contact/comings.html",
    permission="contacts.view_contact",
)
def came_last(employee: Employee, request: HttpRequest) -> dict[str, Any]:
    mine = employee.follows.visible_to(request.user)
    mine = mine.select_related("identity__contact")
    return {"follows": mine.order_by("-started_at", "-pk")[:RECENT], "came": True}


@EMPLOYEE_PAGE.panel(
    EMPLOYEE_MAIN,
    order=20,
    title=_("Went last"),
    template="admin/contacts/contact/comings.html",
    permission="contacts.view_contact",
)
def went_last(employee: Employee, request: HttpRequest) -> dict[str, Any]:
    gone = employee.follows.visible_to(request.user).filter(ended_at__isnull=False)
    rows = gone.select_related("identity__contact").order_by("-ended_at", "-pk")
    return {"follows": rows[:RECENT], "came": False}
