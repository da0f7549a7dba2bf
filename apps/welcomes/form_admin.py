"""The form of a welcome: kept, shown on a phone, its files, tried on oneself."""

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.common.problems import Problem, by_field
from apps.wecom.media import MediaRefused, bring
from apps.wecom.models import Media
from apps.welcomes import form
from apps.welcomes.content import NotAWelcome, read
from apps.welcomes.fill import PLACEHOLDERS
from apps.welcomes.keep import keep, may_change
from apps.welcomes.models import Welcome
from apps.welcomes.try_out import try_out


class FormDoors(ModelAdmin):
    """What the form asks while somebody writes, and when it is kept."""

    def may_build(self, request: HttpRequest) -> bool:
        return request.user.has_perm("welcomes.add_welcome")

    def mine(self, request: HttpRequest, pk: int) -> Welcome:
        welcome = get_object_or_404(Welcome, pk=pk)
        if not may_change(welcome, by=request.user):
            raise PermissionDenied
        return welcome

    def builder(self, request: HttpRequest) -> None:
        if not self.may_build(request):
            raise PermissionDenied

    def build_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        self.builder(request)
        shown = self.mine(request, pk) if pk else None
        told = shown.told if shown else form.blank()
        employees, departments = form.greeters_of(shown)
        texts = {
            "name": shown.name if shown else "",
            "version": str(shown.version) if shown else "",
            "is_default": shown.is_default if shown else False,
        }
        problems: list[Problem] = []
        error = ""
        if request.method == "POST":
            texts["name"] = request.POST.get("name", "")[:60]
            texts["version"] = request.POST.get("version", "")[:20]
            texts["is_default"] = request.POST.get("is_default") == "yes"
            try:
                sent = form.told_in(request.POST.get("told", ""))
                employees = form.numbers_in(sent, "employees")
                departments = form.numbers_in(sent, "departments")
                told = {name: sent.get(name) for name in form.blank()}
                kept = keep(
                    name=texts["name"],
                    told=told,
                    employees=employees,
                    departments=departments,
                    is_default=texts["is_default"],
                    by=request.user,
                    at=timezone.now(),
                    welcome=shown,
                    version=whole_number(texts["version"]),
                )
                messages.success(request, _("New friends get it from now on."))
                return redirect(address_of(kept))
            except NotAWelcome as refusal:
                problems = refusal.problems
                error = gettext("The welcome cannot be used like this.")
            except Refused as refusal:
                error = str(refusal)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": shown.name if shown else gettext("New welcome"),
            "shown": shown,
            "texts": texts,
            "error": error,
            "placeholders": PLACEHOLDERS.items(),
            "kinds": form.KINDS.items(),
            "weekdays": [(n + 1, words) for n, words in WEEKDAYS_ABBR.items()],
            "data": form.form_data(
                told, employees=employees, departments=departments, problems=problems
            ),
        }
        return TemplateResponse(request, "admin/welcomes/welcome/build.html", context)

    def preview_view(self, request: HttpRequest) -> JsonResponse:
        """The message on a phone, and what is wrong with it; nothing is kept."""
        self.builder(request)
        now = timezone.now()
        try:
            content = read(form.told_in(request.body))
        except NotAWelcome as refusal:
            return JsonResponse({"problems": by_field(refusal.problems)})
        known = request.GET.get("known") == "1"
        phones = [
            {
                "title": part.title if part else "",
                **form.phone_of(message, user=request.user, at=now, is_known=known),
            }
            for message, part in [
                (content.message, None),
                *((part.message, part) for part in content.parts),
            ]
        ]
        drawn = render_to_string(
            "admin/welcomes/welcome/phones.html", {"phones": phones}, request
        )
        return JsonResponse({"problems": {}, "phones": drawn})

    def media_view(self, request: HttpRequest) -> JsonResponse:
        """A file that shall be attached; what is wrong with it is told at its field."""
        self.builder(request)
        told, kind = request.FILES.get("file"), request.POST.get("kind", "")
        if told is None or kind not in Media.Kind.values:
            return JsonResponse({"error": gettext("Choose a file.")}, status=400)
        try:
            media = bring(
                kind=kind, name=told.name or "", content=told.read(), at=timezone.now()
            )
        except MediaRefused as refusal:
            return JsonResponse({"error": str(refusal)}, status=400)
        return JsonResponse(form.about_file(media))

    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        media = get_object_or_404(Media, pk=pk, kind=Media.Kind.IMAGE)
        return HttpResponse(
            bytes(media.content),
            content_type=media.content_type,
            headers={"Cache-Control": "private, max-age=86400"},
        )

    def try_out_view(self, request: HttpRequest) -> JsonResponse:
        """To oneself first."""
        self.builder(request)
        now = timezone.now()
        try:
            content = read(form.told_in(request.body))
            message, _part = content.at(now)
            many = try_out(message=message, by=request.user, at=now)
        except NotAWelcome as refusal:
            told = {"problems": by_field(refusal.problems), "said": str(refusal)}
            return JsonResponse(told, status=400)
        except Refused as refusal:
            return JsonResponse({"said": str(refusal)}, status=400)
        words = gettext(
            "%d messages are on their way to you, in the chat with our app."
        )
        return JsonResponse({"said": words % many})


def address_of(welcome: Welcome) -> str:
    return reverse("admin:welcomes_welcome_change", args=[welcome.pk])
