"""The pages that belong to no app: the front page, and what changed on a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.backoffice import dashboard
from apps.backoffice.changes import CHANGES, Period, lines
from apps.backoffice.health import broker_answers
from apps.backoffice.troubles.all import MOST, dead_letters, troubles
from apps.backoffice.troubles.seen import Seen, look
from apps.backoffice.troubles.words import list_of
from apps.common.jobs import Job
from apps.errands.mine import my_errands
from apps.followups.today import my_work
from apps.staff.models import Employee, User
from apps.sync.progress import changes_of, progress_of

PER_PAGE = 50
LONGEST = 31  # days that one list may hold
LONG_AGO = date(2010, 1, 1)  # before WeCom


def front_page(request: HttpRequest, *, at: datetime) -> dict[str, Any]:
    """The team's day for those who look after a team, my own for the others."""
    if request.user.has_perm("sync.view_pull"):
        whole = request.user.sees_everybody
        team = the_team(request.user, at=at)
        return team | in_step(request.user, at=at) if whole else team
    return my_page(request.user, at=at)


def the_team(user: User, *, at: datetime) -> dict[str, Any]:
    """What happened with the contacts whom they may see."""
    days = dashboard.trend(at=at, user=user)
    return {
        "page": "team",
        "figures": dashboard.figures(days, dashboard.noted(at=at, user=user)),
        "trend": {
            "labels": [f"{each['day']:%m-%d}" for each in days],
            "added": [each["added"] for each in days],
            "left": [each["left"] for each in days],
            "links": [
                reverse("admin:changes", args=["added"]) + f"?on={each['day']}"
                for each in days
            ],
        },
        "busiest": dashboard.busiest(at=at, user=user),
    }


def in_step(user: User, *, at: datetime) -> dict[str, Any]:
    """The machinery, for those who see everybody: what needs a person, what waits."""
    seen = look(at=at, broker=broker_answers())
    told, received = seen.heard or (None, None)
    pulls = seen.pulls
    return {
        **what_needs_a_person(user, seen, at=at),
        "in_step": True,
        "queues": seen.queues,
        "waiting": sum(sum(queue.waiting.values()) for queue in seen.queues),
        "heard_at": received,
        "lag": received - told if told and received else None,
        "pull": pulls[0] if pulls else None,
        "pull_changes": changes_of(pulls[0]) if pulls else None,
        "progress": progress_of(pulls[0], at=at) if pulls else None,
    }


def what_needs_a_person(user: User, seen: Seen, *, at: datetime) -> dict[str, Any]:
    """The list on top of the front page; empty when all is well."""

    def may_repair(kind: type[Job]) -> bool:
        name = kind._meta
        return user.has_perm(f"{name.app_label}.change_{name.model_name}")

    found = troubles(seen, at=at, may_repair=may_repair)
    dead = dead_letters(seen, at=at, may_repair=may_repair)
    return {
        "troubles": found,
        "dead_letters": dead[:MOST],
        "more_failed": len(dead[MOST:]),
        "many_troubles": len(found) + len(dead),
        "failed_kinds": failed_kinds(seen),
    }


def failed_kinds(seen: Seen) -> list[dict[str, Any]]:
    """How many have failed of each kind, with the list of them."""
    return [
        {
            "kind": queue.model._meta.verbose_name,
            "failed": queue.failed,
            "address": list_of(queue.model, status__exact=Job.Status.FAILED),
        }
        for queue in seen.queues
        if queue.failed
    ]


@require_safe
def troubles_now(request: HttpRequest) -> HttpResponse:
    """The list by itself, asked for while somebody looks at the front page."""
    user = request.user
    if not (user.has_perm("sync.view_pull") and user.sees_everybody):
        raise PermissionDenied
    at = timezone.now()
    seen = look(at=at, broker=broker_answers())
    context = what_needs_a_person(user, seen, at=at)
    return TemplateResponse(request, "admin/front/troubles.html", context)


def my_page(user: User, *, at: datetime) -> dict[str, Any]:
    employee: Employee | None = user.employee
    if employee is None:
        return {"page": "nobody"}
    return {
        "page": "mine",
        "employee": employee,
        "numbers": dashboard.my_numbers(employee, at=at, user=user),
        "work": my_work(employee, user=user, at=at),
        "errands": my_errands(employee, at=at),
        "now": at,
        "newest": dashboard.my_newest(employee, at=at, user=user),
        "leavers": dashboard.my_leavers(employee, at=at, user=user),
        "groups": dashboard.my_groups(employee),
    }


@require_safe
def changes(request: HttpRequest, name: str, *, site: AdminSite) -> HttpResponse:
    """The rows behind a number of the front page."""
    if not request.user.has_perm("contacts.view_contact"):
        raise PermissionDenied
    if name not in CHANGES:
        raise Http404
    change = CHANGES[name]
    asked = Asked.of(request, at=timezone.now())
    rows = change.list(asked.period, user=request.user, employee=asked.employee)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **site.each_context(request),
        "title": change.title,
        "change": change,
        "changes": CHANGES.values(),
        "asked": asked,
        "page_obj": page,
        "lines": lines(change, page.object_list),
    }
    request.current_app = site.name
    return TemplateResponse(request, "admin/changes.html", context)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which days, and whose contacts; nonsense in the address is passed over."""

    on: date
    days: int
    today: date
    employee: Employee | None

    @classmethod
    def of(cls, request: HttpRequest, *, at: datetime) -> "Asked":
        today = dashboard.today(at)
        who = whole_number(request.GET.get("employee", ""))
        return cls(
            on=min(max(day_of(request.GET.get("on", "")) or today, LONG_AGO), today),
            days=min(max(whole_number(request.GET.get("days", "")), 1), LONGEST),
            today=today,
            employee=Employee.objects.filter(pk=who).first() if who else None,
        )

    @property
    def first(self) -> date:
        return self.on - timedelta(days=self.days - 1)

    @property
    def period(self) -> Period:
        return Period.of_day(self.on, days=self.days)

    @property
    def earlier(self) -> str:
        return self.address(on=self.on - timedelta(days=self.days))

    @property
    def later(self) -> str:
        """Empty today: nobody knows what tomorrow brings."""
        if self.on >= self.today:
            return ""
        return self.address(on=min(self.on + timedelta(days=self.days), self.today))

    @property
    def everybody(self) -> str:
        return self.address(employee=None)

    @property
    def here(self) -> str:
        return self.address()

    def address(self, **other: Any) -> str:
        asked = {"on": self.on, "days": self.days, "employee": self.employee} | other
        if asked["employee"]:
            asked["employee"] = asked["employee"].pk
        return "?" + urlencode({name: value for name, value in asked.items() if value})


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def whole_number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
