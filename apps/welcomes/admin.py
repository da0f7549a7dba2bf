"""Welcomes: the list, the page of one, who gets what. The form is in form_admin.py."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from apps.audit import telling
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, shows_refusals
from apps.common.filters import Choice, Pickable, whole_number
from apps.common.listing import ListPage
from apps.staff.models import Employee
from apps.welcomes import form
from apps.welcomes import greetings_admin as greetings_admin  # registers itself
from apps.welcomes.choose import choose
from apps.welcomes.content import NotAWelcome, read
from apps.welcomes.doors import DOORS
from apps.welcomes.form_admin import FormDoors, address_of
from apps.welcomes.keep import may_change, remove, switch
from apps.welcomes.models import Greeting, Welcome
from apps.welcomes.report import Covered, covered, lately
from apps.welcomes.words import part_of, steps_of

telling.FIELDS.update({"told": _("message"), "is_default": _("for everybody else")})
SHOWN = 20  # greetings on the page of a welcome
either = require_http_methods(["GET", "HEAD", "POST"])


class OnFilter(Choice):
    title = _("switched on")
    parameter_name = "on"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("on")), ("no", _("off"))]

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        return rows.filter(is_on=value == "yes")


@admin.register(Welcome)
class WelcomeAdmin(FormDoors, Pickable, ListPage, ReadOnlyAdmin):
    page_template = "admin/welcomes/welcome/page.html"
    rows_template = "admin/welcomes/welcome/rows.html"
    list_filter = [OnFilter]
    ordering = ["-is_default", "name"]
    search_fields = ["name"]
    search_help_text = _("Name of the welcome")
    counted_as = _("%(count)s welcomes")
    empty_title = _("No welcome yet")
    empty_hint = _(
        "A welcome goes to each new friend within seconds: by channel code, employee "
        "or department, at other hours with other words, with pictures and links."
    )

    # -- the list

    def found(self, rows: QuerySet, term: str) -> QuerySet:
        return rows.filter(name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        may_build = self.may_build(request)
        build_url = reverse("admin:welcomes_welcome_build")
        return {
            "may_build": may_build,
            "build_url": build_url,
            "empty_url": build_url if may_build else "",
            "empty_does": _("New welcome"),
            "lately": lately(at=timezone.now()) if request.user.sees_everybody else {},
            "covered": coverage(request),
            "views_template": "admin/welcomes/welcome/head.html",
        }

    def rows(self, request: HttpRequest, found: list[Welcome]) -> list[dict[str, Any]]:
        told = coverage(request)
        return [
            {
                "welcome": welcome,
                "many": told.by_welcome[welcome.pk],
                "text": text_of(welcome),
            }
            for welcome in found
        ]

    # -- the page

    def page(self, request: HttpRequest, shown: Welcome) -> dict[str, Any]:
        now = timezone.now()
        greetings = Greeting.objects.filter(welcome=shown).visible_to(request.user)
        told: dict[str, Any] = {
            "may_build": may_change(shown, by=request.user),
            "greeters": shown.greeters.select_related("employee", "department"),
            "codes": DOORS.saying(shown.pk),
            "greetings": greetings.select_related("contact", "employee")[:SHOWN],
            "every": f"{reverse('admin:welcomes_greeting_changelist')}"
            f"?welcome={shown.pk}",
        }
        if request.user.sees_everybody:
            told["lately"] = lately(at=now, welcome=shown)
        try:
            content = read(shown.told)
        except NotAWelcome as wrong:
            return told | {"broken": str(wrong)}
        return told | {"phones": form.phones_of(content, user=request.user, at=now)}

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("build/", either(self.build_view), "build"),
            at("preview/", require_POST(self.preview_view), "preview"),
            at("media/", require_POST(self.media_view), "media"),
            at("media/<int:pk>/", require_safe(self.picture_view), "picture"),
            at("try-out/", require_POST(self.try_out_view), "try_out"),
            at("who/", require_safe(self.who_view), "who"),
            of("build", either(self.build_view), "rebuild"),
            of("switch", require_POST(self.switch_view), "switch"),
            of("remove", require_POST(self.remove_view), "remove"),
            *super().get_urls(),
        ]

    # -- who gets what

    def who_view(self, request: HttpRequest) -> HttpResponse:
        """What a new friend of somebody gets, by a code, at a time, and why."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = {name: request.GET.get(name, "") for name in ("employee", "door", "at")}
        at = moment_in(asked["at"]) or timezone.now()
        number = whole_number(asked["employee"])
        employee = Employee.objects.filter(pk=number).first() if number else None
        told: dict[str, Any] = {"choice": None}
        door = DOORS.of_number(whole_number(asked["door"]) or 0)
        if employee is not None:
            choice = choose(employee_id=employee.pk, door=door, at=at)
            told = {
                "choice": choice,
                "steps": steps_of(choice),
                "part": part_of(choice),
            }
            if choice.message is not None:
                told["phones"] = [
                    {
                        "title": "",
                        **form.phone_of(choice.message, user=request.user, at=at),
                    }
                ]
        context = {
            **self.admin_site.each_context(request),
            **told,
            "opts": self.opts,
            "title": gettext("Who gets what"),
            "employee": employee,
            "door": door,
            "door_number": asked["door"],
            "at": at,
            "covered": coverage(request),
            "data": {
                "employee": {"id": employee.pk, "text": str(employee)}
                if employee
                else None,
                "door": {"id": asked["door"], "text": door.name} if door else None,
                "people": reverse("admin:staff_employee_picks"),
                "doors": [reverse(sort.picks) for sort in DOORS.sorts],
            },
        }
        return TemplateResponse(request, "admin/welcomes/welcome/who.html", context)

    # -- what is done with one

    def switch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        welcome = self.mine(request, pk)
        on = request.POST.get("on") == "yes"
        with shows_refusals(request):
            switch(welcome=welcome, on=on, by=request.user, at=timezone.now())
            said = _("New friends get it from now on.") if on else _("It is off.")
            messages.success(request, said)
        return redirect(address_of(welcome))

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        welcome = self.mine(request, pk)
        with shows_refusals(request):
            remove(welcome=welcome, by=request.user, at=timezone.now())
            messages.success(request, _("The welcome is gone."))
            return redirect("admin:welcomes_welcome_changelist")
        return redirect(address_of(welcome))


def coverage(request: HttpRequest) -> Covered:
    """Worked out once for a page."""
    if not hasattr(request, "covered"):
        request.covered = covered()
    return request.covered


def text_of(welcome: Welcome) -> str:
    """Its first words, for a list."""
    told = welcome.told if isinstance(welcome.told, dict) else {}
    text = told.get("text")
    return " ".join(text.split())[:80] if isinstance(text, str) else ""


def moment_in(text: str) -> datetime | None:
    try:
        found = parse_datetime(text[:30])
    except ValueError:
        return None
    if found is None or not 2000 <= found.year <= 2100:
        return None
    return timezone.make_aware(found) if timezone.is_naive(found) else found
