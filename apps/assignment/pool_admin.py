"""Pools: who waits there and why, to be claimed; and what holds of each pool."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.assignment import keep_pool as verbs
from apps.assignment.models import Assignment, Notice, Pool
from apps.assignment.pool import claim
from apps.assignment.waiting import came_back, page_of
from apps.audit import telling
from apps.channels.form import names, whole
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, shows_refusals
from apps.common.errors import Refused
from apps.common.filters import Pickable, whole_number
from apps.common.listing import ListPage
from apps.contacts.models import Contact
from apps.followups.stages import stages
from apps.staff.models import Department, Employee
from apps.tags.models import Tag

telling.FIELDS.update(
    {
        "people": _("members"),
        "departments": _("departments"),
        "protected": _("protected"),
        **{name: Pool._meta.get_field(name).verbose_name for name in verbs.NUMBERS},
        "spares_tags": _("not who carries a tag"),
        "stage_days": _("days by stage"),
        "spares_shared": _("not whom a colleague has added as well"),
    }
)
EDITED = ["GET", "HEAD", "POST"]
COUNTED = 10_000


@admin.register(Pool)
class PoolAdmin(Pickable, ListPage, ReadOnlyAdmin):
    page_template = "admin/assignment/pool/page.html"
    rows_template = "admin/assignment/pool/rows.html"
    ordering = ["-is_general", "name"]
    search_fields = ["name"]
    search_help_text = _("Name of the pool")
    counted_as = _("%(count)s pools")
    empty_title = _("No pool yet")
    empty_hint = _(
        "Whom nobody looks after waits in a pool, until somebody claims them."
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return Pool.objects.visible_to(request.user)

    def found(self, rows: Any, term: str) -> Any:
        return rows.filter(name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "may_build": self.may_build(request),
            "build_url": reverse("admin:assignment_pool_build"),
            "views_template": "admin/assignment/pool/head.html",
        }

    def rows(self, request: HttpRequest, found: list[Pool]) -> list[dict[str, Any]]:
        waiting = Assignment.objects.open().filter(pool__in=found).order_by()
        many = dict(waiting.values_list("pool").annotate(Count("pk")))
        told = Notice.objects.filter(pool__in=found).order_by()
        soon = dict(told.values_list("pool").annotate(Count("pk")))
        return [
            {
                "pool": pool,
                "waiting": many.get(pool.pk, 0),
                "soon": soon.get(pool.pk, 0),
                "members": len(pool.people) + len(pool.departments),
            }
            for pool in found
        ]

    def may_build(self, request: HttpRequest) -> bool:
        """It decides who loses customers: whoever sees only some keeps none."""
        user = request.user
        return user.has_perm("assignment.change_pool") and user.sees_everybody

    def page(self, request: HttpRequest, shown: Pool) -> dict[str, Any]:
        mine = Notice.objects.filter(employee=request.user.employee_id or 0)
        return {
            "may_build": self.may_build(request),
            "may_claim": request.user.has_perm("assignment.claim_pool")
            and request.user.employee_id is not None,
            "people": Employee.objects.filter(pk__in=shown.people),
            "departments": Department.objects.filter(pk__in=shown.departments),
            "came_back": came_back(shown, at=timezone.now())
            if self.may_build(request)
            else [],
            "soon": mine.filter(pool=shown).select_related("contact")[:20],
            **page_of(
                shown,
                user=request.user,
                before=request.GET.get("before", ""),
                at=timezone.now(),
            ),
        }

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        build = require_http_methods(EDITED)(self.build_view)
        return [
            at("build/", build, "build"),
            of("build", build, "rebuild"),
            of("claim", require_POST(self.claim_view), "claim"),
            of("remove", require_POST(self.remove_view), "remove"),
            *super().get_urls(),
        ]

    def claim_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        pool = get_object_or_404(self.get_queryset(request), pk=pk)
        number = whole_number(request.POST.get("contact", "")) or 0
        contact = get_object_or_404(Contact.objects.current(), pk=number)
        with shows_refusals(request):
            claim(contact=contact, pool=pool, by=request.user, at=timezone.now())
            words = _("%(name)s is yours now. Say hello, and write it down.")
            messages.success(request, words % {"name": contact})
            return redirect("admin:contacts_contact_change", contact.pk)
        return redirect(address_of(pool))

    def build_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        if not self.may_build(request):
            raise PermissionDenied
        shown = get_object_or_404(Pool, pk=pk) if pk else None
        pool = shown or Pool()
        problems: dict[str, str] = {}
        error = ""
        told = verbs.told_of(pool)
        if request.method == "POST":
            told, problems = asked_in(request)
            try:
                if problems:
                    raise verbs.NotAPool(problems)
                version = whole_number(request.POST.get("version", ""))
                kept = verbs.keep(
                    told=told,
                    by=request.user,
                    at=timezone.now(),
                    pool=shown,
                    version=version,
                )
                return redirect(address_of(kept))
            except Refused as refusal:
                error = str(refusal)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": shown.name if shown else gettext("New pool"),
            "shown": shown,
            "told": told,
            "error": error,
            "problems": problems,
            "numbers": numbers_of(told, problems),
            "stages": stages_of(told["stage_days"]),
            "data": {
                "people": chips(Employee, told["people"]),
                "departments": chips(Department, told["departments"]),
                "tags": chips(Tag, told["spares_tags"]),
                "picks": {
                    "people": reverse("admin:staff_employee_picks"),
                    "departments": reverse("admin:staff_department_picks"),
                    "tags": reverse("admin:tags_tag_picks"),
                },
            },
        }
        return TemplateResponse(request, "admin/assignment/pool/build.html", context)

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.may_build(request):
            raise PermissionDenied
        pool = get_object_or_404(Pool, pk=pk)
        with shows_refusals(request):
            verbs.remove(pool=pool, by=request.user, at=timezone.now())
            messages.success(request, _("The pool is gone."))
            return redirect("admin:assignment_pool_changelist")
        return redirect(address_of(pool))


def asked_in(request: HttpRequest) -> tuple[dict[str, Any], dict[str, str]]:
    """What the form says, and what is wrong with it, by field."""
    problems: dict[str, str] = {}
    posted = request.POST
    told: dict[str, Any] = {
        "name": " ".join(posted.get("name", "").replace("\x00", "").split())[:40]
    }
    if not told["name"]:
        problems["name"] = gettext("A pool needs a name.")
    for field in ("people", "departments", "spares_tags"):
        try:
            told[field] = whole(json.loads(posted.get(field, "[]")))[:200]
        except ValueError:
            told[field] = []
    for field in verbs.NUMBERS:
        text = posted.get(field, "").strip()
        number = whole_number(text)
        most = 3_650 if field in verbs.DAYS else verbs.MOST
        told[field] = number
        needed = field in verbs.NEEDED
        if (text and number is None) or (number or 0) > most or (needed and not text):
            words = gettext("A whole number up to %(most)s.")
            problems[field] = words % {"most": f"{most:,}"}
    if told["reclaims_after"] == 0:
        problems["reclaims_after"] = gettext("At least one day, or nothing for never.")
    elif (told["reclaims_after"] or 10_000) <= (told["warns_before"] or 0):
        words = gettext("Whoever is told so early is told before the time begins.")
        problems["warns_before"] = words
    told["stage_days"] = {}
    for stage in stages():
        text = posted.get(f"stage_{stage.pk}", "").strip()
        number = whole_number(text)
        if not text:
            continue
        if number is None or number > 3_650:
            words = gettext("%(stage)s: a whole number up to %(most)s.")
            problems["stage_days"] = words % {"stage": stage, "most": "3,650"}
            continue
        told["stage_days"][str(stage.pk)] = number or None
    told["spares_shared"] = posted.get("spares_shared") == "on"
    return told, problems


def numbers_of(told: dict[str, Any], problems: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "title": Pool._meta.get_field(name).verbose_name,
            "help": Pool._meta.get_field(name).help_text,
            "value": "" if told.get(name) is None else told[name],
            "wrong": problems.get(name, ""),
        }
        for name in verbs.NUMBERS
    ]


def stages_of(days: dict[str, Any]) -> list[dict[str, Any]]:
    """Each stage with its days; 0: never, empty: as all others."""
    return [
        {"stage": stage, "value": days[key] or 0 if key in days else ""}
        for stage in stages()
        for key in [str(stage.pk)]
    ]


def chips(model: Any, numbers: Any) -> list[dict[str, Any]]:
    found = names(model.objects.filter(Q(pk__in=whole(numbers))))
    return [{"id": pk, "text": text} for pk, text in found.items()]


def address_of(pool: Pool) -> str:
    return reverse("admin:assignment_pool_change", args=[pool.pk])
