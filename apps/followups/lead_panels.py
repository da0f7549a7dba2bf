"""What leads and tasks bring to the contact page; to the list: lead_list.py."""

from datetime import datetime, time, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.admin import shows_refusals
from apps.common.filters import whole_number
from apps.common.panels import shared
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, FACT, MAIN, NEXT, Look, Next, theme
from apps.followups import lead_list as lead_list  # offers itself
from apps.followups.models import Lead, Stage, Task
from apps.followups.move import expect, fen_in, move_lead, open_lead
from apps.followups.stages import stages
from apps.followups.tasks_of import LONGEST, IsPast, add_task, drop, finish, put_off
from apps.followups.working_time import setting
from apps.staff.models import Employee

SHOWN = 20  # open tasks of a contact
WAITS = 2  # of them among what comes next

theme(
    "leads",
    title=_("Leads"),
    looks={
        "LeadOpened": Look("flag", "good"),
        "StageChanged": Look("trending_flat"),
        "StageChanged:won": Look("celebration", "good"),
        "StageChanged:lost": Look("block", "bad"),
        "TaskAdded": Look("event"),
        "TaskDone": Look("task_alt", "good"),
        "TaskOverdue": Look("alarm", "late"),
    },
)


# --- the page -------------------------------------------------------------------------


def last_lead(contact: Contact) -> Lead | None:
    """The open one, or else the one that was closed last."""
    theirs = Lead.objects.live().filter(contact=contact).select_related("stage")
    ordered = theirs.order_by("-closed_at", "-opened_at")  # NULL comes first
    return shared(contact, "last lead", lambda: ordered.first())


def open_tasks(contact: Contact) -> list[Task]:
    theirs = Task.objects.open().filter(contact=contact).select_related("employee")
    ordered = theirs.order_by("due_at", "pk")
    return shared(contact, "open tasks", lambda: list(ordered[:SHOWN]))


@CONTACT_PAGE.panel(
    FACT,
    order=30,
    title=_("stage"),
    template="admin/followups/fact.html",
    permission="followups.view_lead",
)
def stage_of(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    return {"lead": last_lead(contact)}


@CONTACT_PAGE.panel(
    NEXT, order=5, title=_("tasks"), template="", permission="followups.view_task"
)
def what_is_due(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    now = timezone.now()
    lines = []
    for task in open_tasks(contact)[:WAITS]:
        at = timezone.localtime(task.due_at)
        words = gettext("Overdue since %(at)s: %(task)s")
        if task.due_at > now:
            words = gettext("Until %(at)s: %(task)s")
        told = words % {"at": f"{at:%m-%d %H:%M}", "task": task}
        lines.append(Next(told, "alarm" if task.due_at <= now else "event", "#lead"))
    return {"lines": lines} if lines else None


@CONTACT_PAGE.panel(
    MAIN,
    order=1,
    title=_("Lead and next step"),
    template="admin/followups/lead.html",
    permission="followups.view_lead",
)
def lead_panel(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    user, now, lead = request.user, timezone.now(), last_lead(contact)
    return {
        "contact": contact,
        "lead": lead,
        "stages": stages() if lead and lead.is_open else [],
        "lost_reasons": setting().lost_reasons if lead and lead.is_open else [],
        "tasks": [
            {"task": task, "is_late": task.due_at <= now}
            for task in open_tasks(contact)
        ],
        "people": people_for(contact, mine=user.employee_id),
        "mine": user.employee_id,
        "due": quick_moments(now),
        "longest": LONGEST,
        "may_open": user.has_perm("followups.add_lead"),
        "may_move": user.has_perm("followups.change_lead"),
        "may_plan": user.has_perm("followups.add_task"),
        "may_do": user.has_perm("followups.change_task"),
    }


def people_for(contact: Contact, *, mine: int | None) -> list[Employee]:
    """Who may be given a task: oneself, the owner, whoever is connected with them."""
    numbers = {mine, contact.owner_id, *contact.served_by} - {None}
    return list(Employee.objects.working().filter(pk__in=numbers))


def quick_moments(now: datetime) -> list[dict[str, str]]:
    """What is said most often when it is agreed what is next."""
    local = timezone.localtime(now).replace(second=0, microsecond=0)

    def at(days: int, hour: int) -> datetime:
        day = local.date() + timedelta(days=days)
        return datetime.combine(day, time(hour), tzinfo=local.tzinfo)

    moments = [
        (gettext("in an hour"), local + timedelta(hours=1)),
        (gettext("tomorrow at 10"), at(1, 10)),
        (gettext("in 3 days"), at(3, 10)),
        (gettext("in a week"), at(7, 10)),
    ]
    return [{"words": words, "at": f"{each:%Y-%m-%dT%H:%M}"} for words, each in moments]


# --- doors ----------------------------------------------------------------------------


@CONTACT_PAGE.door("lead", name="lead", permission="followups.view_lead")
@require_safe
def show(request: HttpRequest, contact: Contact) -> HttpResponse:
    """The panel alone, as it is now."""
    return panel(request, contact)


@CONTACT_PAGE.door("lead/open", name="lead_open", permission="followups.add_lead")
@require_POST
def open_one(request: HttpRequest, contact: Contact) -> HttpResponse:
    with shows_refusals(request):
        amount = fen_in(request.POST.get("amount", ""))
        open_lead(contact=contact, amount=amount, by=request.user, at=timezone.now())
    return answered(request, contact)


@CONTACT_PAGE.door("lead/move", name="lead_move", permission="followups.change_lead")
@require_POST
def move(request: HttpRequest, contact: Contact) -> HttpResponse:
    lead = lead_of(contact)
    number = whole_number(request.POST.get("to", ""))
    to = Stage.objects.filter(pk=number).first()
    if to is None:
        raise Http404
    with shows_refusals(request):
        move_lead(
            lead=lead,
            to=to,
            by=request.user,
            at=timezone.now(),
            seen_in=whole_number(request.POST.get("seen_in", "")),
            reason=request.POST.get("reason", "")[:20],
        )
    return answered(request, contact)


@CONTACT_PAGE.door(
    "lead/amount", name="lead_amount", permission="followups.change_lead"
)
@require_POST
def say_amount(request: HttpRequest, contact: Contact) -> HttpResponse:
    lead = lead_of(contact)
    with shows_refusals(request):
        amount = fen_in(request.POST.get("amount", ""))
        expect(lead=lead, amount=amount, by=request.user, at=timezone.now())
    return answered(request, contact)


@CONTACT_PAGE.door("tasks/add", name="task_add", permission="followups.add_task")
@require_POST
def plan(request: HttpRequest, contact: Contact) -> HttpResponse:
    number = whole_number(request.POST.get("employee", ""))
    people = people_for(contact, mine=request.user.employee_id)
    with shows_refusals(request):
        add_task(
            contact=contact,
            text=request.POST.get("text", ""),
            due_at=moment_in(request.POST.get("due", "")),
            employee=next((each for each in people if each.pk == number), None),
            by=request.user,
            at=timezone.now(),
        )
    return answered(request, contact)


@CONTACT_PAGE.door(
    "tasks/<int:task>/done", name="task_done", permission="followups.change_task"
)
@require_POST
def done(request: HttpRequest, contact: Contact, task: int) -> HttpResponse:
    with shows_refusals(request):
        finish(task=task_of(contact, task), by=request.user, at=timezone.now())
    return answered(request, contact)


@CONTACT_PAGE.door(
    "tasks/<int:task>/drop", name="task_drop", permission="followups.change_task"
)
@require_POST
def need_not(request: HttpRequest, contact: Contact, task: int) -> HttpResponse:
    with shows_refusals(request):
        drop(task=task_of(contact, task), by=request.user, at=timezone.now())
    return answered(request, contact)


@CONTACT_PAGE.door(
    "tasks/<int:task>/later", name="task_later", permission="followups.change_task"
)
@require_POST
def later(request: HttpRequest, contact: Contact, task: int) -> HttpResponse:
    with shows_refusals(request):
        put_off(
            task=task_of(contact, task),
            due_at=moment_in(request.POST.get("due", "")),
            by=request.user,
            at=timezone.now(),
        )
    return answered(request, contact)


def lead_of(contact: Contact) -> Lead:
    lead = last_lead(contact)
    if lead is None:
        raise Http404
    return lead


def task_of(contact: Contact, number: int) -> Task:
    task = Task.objects.filter(contact=contact, pk=number).first()
    if task is None:
        raise Http404
    return task


def moment_in(text: str) -> datetime:
    """As a field of a page has it: the corp's zone goes without saying."""
    try:
        told = parse_datetime(text)
    except ValueError:
        told = None
    if told is None or not 1970 <= told.year <= 9000:
        raise IsPast
    return told if timezone.is_aware(told) else timezone.make_aware(told)


def answered(request: HttpRequest, contact: Contact) -> HttpResponse:
    """The panel, to whoever asked for it without leaving the page; else the page, or
    the one they came from."""
    if request.headers.get("HX-Request") == "true":
        return panel(request, contact)
    if request.POST.get("back") == "today":
        return redirect("admin:index")
    return redirect("admin:contacts_contact_change", contact.pk)


def panel(request: HttpRequest, contact: Contact) -> HttpResponse:
    contact.__dict__.pop("_shared", None)  # it has just changed
    context = {"facts": lead_panel(contact, request), "told": True}
    return TemplateResponse(request, "admin/followups/lead.html", context)
