"""Channel codes and links: the list, the page of one, the form with its grid."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from apps.channels import audited  # noqa: F401 - says plans in audit rows
from apps.channels.check import check
from apps.channels.draw import SIZES, picture_of
from apps.channels.filters import FolderFilter, KindFilter, StatusFilter, TroubleFilter
from apps.channels.form import (
    TEXTS,
    draft_in,
    figure,
    folders,
    form_data,
    texts_of,
    welcomes,
)
from apps.channels.keep import (
    discard,
    keep,
    make_anew,
    may_change,
    pause,
    publish,
    stop,
)
from apps.channels.models import QUOTA, Balance, Channel, Entry, Quota
from apps.channels.plan import NotAPlan, read
from apps.channels.report import given_today, report_of
from apps.channels.stand import choice_at, plan_of
from apps.channels.words import ROTATIONS, VERIFY, line_of, trouble_of
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, shows_refusals
from apps.common.errors import Refused
from apps.common.filters import Pickable, whole_number
from apps.common.listing import ListPage
from apps.common.problems import Problem, by_field
from apps.staff.models import Employee

SHOWN = 20  # entries on the page of a code
either = require_http_methods(["GET", "HEAD", "POST"])


TITLES = {
    Channel.Kind.CODE: _("New code"),
    Channel.Kind.LINK: _("New acquisition link"),
}


@admin.register(Channel)
class ChannelAdmin(Pickable, ListPage, ReadOnlyAdmin):
    page_template = "admin/channels/channel/page.html"
    rows_template = "admin/channels/channel/rows.html"
    list_filter = [KindFilter, StatusFilter, FolderFilter, TroubleFilter]
    ordering = ["folder", "name"]
    search_fields = ["name"]
    search_help_text = _("Name of the code")
    counted_as = _("%(count)s codes")
    empty_title = _("No channel code yet")
    empty_hint = _(
        "A channel code is a QR code that tells by which door a customer came, and "
        "hands them to whoever is on duty."
    )

    # -- the list

    def found(self, rows: QuerySet, term: str) -> QuerySet:
        return rows.filter(name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        build_url = reverse("admin:channels_channel_build")
        return {
            "may_build": self.may_build(request),
            "build_url": build_url,
            "empty_url": build_url if self.may_build(request) else "",
            "empty_does": _("New code"),
            "quota": Quota.objects.first(),
            "quota_of": QUOTA,
            "balance": Balance.objects.first(),
            "link_url": f"{build_url}?kind={Channel.Kind.LINK}",
            "views_template": "admin/channels/channel/head.html",
        }

    def rows(self, request: HttpRequest, found: list[Channel]) -> list[Channel]:
        today = given_today([channel.pk for channel in found], at=timezone.now())
        for channel in found:
            channel.given_today = today.get(channel.pk, 0)
        return found

    def more_about(self, row: Channel) -> str:
        return row.folder

    def may_build(self, request: HttpRequest) -> bool:
        return request.user.has_perm("channels.add_channel")

    # -- the page

    def page(self, request: HttpRequest, shown: Channel) -> dict[str, Any]:
        now = timezone.now()
        told: dict[str, Any] = {
            "may_build": may_change(shown, by=request.user),
            "trouble": trouble_of(shown),
            "barred": Employee.objects.filter(pk__in=list(map(int, shown.barred))),
            "report": report_of(shown, at=now),
        }
        try:
            plan = plan_of(shown)
        except NotAPlan:
            return told
        choice = choice_at(shown, at=now, plan=plan)
        entries = Entry.objects.filter(channel=shown).visible_to(request.user)
        return told | {
            "plan": plan,
            "choice": choice,
            "lines": [line_of(standing, plan) for standing in choice.standings],
            "check": check(plan, channel=shown, at=now),
            "rotation": ROTATIONS[plan.rotation],
            "verify": VERIFY[plan.verify],
            "sizes": SIZES,
            "entries": entries.select_related("contact", "employee")[:SHOWN],
            "list_url": f"{reverse('admin:contacts_contact_changelist')}"
            f"?channel={shown.pk}",
        }

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("build/", either(self.build_view), "build"),
            at("check/", require_POST(self.check_view), "check"),
            of("build", either(self.build_view), "rebuild"),
            of("publish", require_POST(self.publish_view), "publish"),
            of("stop", require_POST(self.stop_view), "stop"),
            of("anew", require_POST(self.anew_view), "anew"),
            of("picture", require_safe(self.picture_view), "picture"),
            of("pause", require_POST(self.pause_view), "pause"),
            of("discard", require_POST(self.discard_view), "discard"),
            *super().get_urls(),
        ]

    def mine(self, request: HttpRequest, pk: int) -> Channel:
        channel = get_object_or_404(Channel, pk=pk)
        if not may_change(channel, by=request.user):
            raise PermissionDenied
        return channel

    # -- the form

    def build_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        if not self.may_build(request):
            raise PermissionDenied
        shown = self.mine(request, pk) if pk else None
        kind = shown.kind if shown else kind_in(request)
        draft = shown.draft if shown else {"always": True}
        told = texts_of(shown)
        problems: list[Problem] = []
        error = ""
        if request.method == "POST":
            told = {name: request.POST.get(name, "")[:60] for name in TEXTS}
            try:
                draft = draft_in(request.POST.get("draft", ""))
                kept = keep(
                    draft=draft,
                    name=told["name"],
                    folder=told["folder"],
                    target=figure("target", told["target"]),
                    cost_per_day=figure("cost", told["cost"], fen=True),
                    by=request.user,
                    at=timezone.now(),
                    channel=shown,
                    kind=kind,
                    version=whole_number(told["version"]),
                )
                if request.POST.get("do") != "publish":
                    return redirect(address_of(kept))
                shown, told["version"] = kept, str(kept.version)
                publish(channel=kept, by=request.user, at=timezone.now())
                messages.success(request, _("The code is published; WeCom is told."))
                return redirect(address_of(kept))
            except NotAPlan as refusal:
                problems = refusal.problems
                error = gettext("The code cannot be used like this.")
            except Refused as refusal:
                error = str(refusal)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": shown.name if shown else TITLES[kind],
            "shown": shown,
            "kind": kind,
            "told": told,
            "error": error,
            "folders": folders(),
            "welcomes": welcomes(),
            "rotations": ROTATIONS.items(),
            "verify": VERIFY.items(),
            "weekdays": [(n + 1, words) for n, words in WEEKDAYS_ABBR.items()],
            "data": form_data(draft)
            | {
                "check": check_address(shown, kind),
                "problems": by_field(problems),
            },
        }
        return TemplateResponse(request, "admin/channels/channel/build.html", context)

    def check_view(self, request: HttpRequest) -> JsonResponse:
        """The week as a grid and what is wrong; nothing is kept."""
        if not self.may_build(request):
            raise PermissionDenied
        now = timezone.now()
        number = whole_number(request.GET.get("channel", ""))
        channel = Channel.objects.filter(pk=number).first() if number else None
        channel = channel or Channel(kind=kind_in(request))
        try:
            plan = read(draft_in(request.body))
        except NotAPlan as refusal:
            return JsonResponse({"problems": by_field(refusal.problems), "grid": ""})
        found = check(plan, channel=channel, at=now)
        choice = choice_at(channel, at=now, plan=plan)
        lines = [line_of(standing, plan) for standing in choice.standings]
        context = {"check": found, "lines": lines, "plan": plan}
        grid = render_to_string("admin/channels/channel/grid.html", context, request)
        return JsonResponse({"problems": found.by_field, "grid": grid})

    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The code to print: ?form=png with ?cm=8, svg, or a poster."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        channel = get_object_or_404(Channel, pk=pk)
        with shows_refusals(request):
            return picture_of(channel, request.GET)
        return redirect(address_of(channel))

    # -- what is done to one

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.mine(request, pk)
        with shows_refusals(request):
            publish(channel=channel, by=request.user, at=timezone.now())
            messages.success(request, _("The code is published; WeCom is told."))
        return redirect(address_of(channel))

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.mine(request, pk)
        with shows_refusals(request):
            stop(channel=channel, by=request.user, at=timezone.now())
            messages.success(request, _("The code is stopped."))
        return redirect(address_of(channel))

    def anew_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.mine(request, pk)
        with shows_refusals(request):
            make_anew(channel=channel, by=request.user, at=timezone.now())
            messages.success(request, _("It is being made anew."))
        return redirect(address_of(channel))

    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.mine(request, pk)
        with shows_refusals(request):
            pause(
                channel=channel,
                employee_id=whole_number(request.POST.get("employee", "")) or 0,
                is_off=request.POST.get("off") == "1",
                by=request.user,
                at=timezone.now(),
            )
        return redirect(address_of(channel))

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        channel = self.mine(request, pk)
        with shows_refusals(request):
            discard(channel=channel, by=request.user, at=timezone.now())
            messages.success(request, _("The code is gone."))
            return redirect("admin:channels_channel_changelist")
        return redirect(address_of(channel))


def kind_in(request: HttpRequest) -> str:
    asked = request.GET.get("kind")
    return Channel.Kind.LINK if asked == Channel.Kind.LINK else Channel.Kind.CODE


def check_address(shown: Channel | None, kind: str) -> str:
    which = f"channel={shown.pk}" if shown else f"kind={kind}"
    return f"{reverse('admin:channels_channel_check')}?{which}"


def address_of(channel: Channel) -> str:
    return reverse("admin:channels_channel_change", args=[channel.pk])
