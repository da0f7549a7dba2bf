"""The pages of funnels: all side by side, one campaign with its tree, and the people
behind each number."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.campaigns.models import Campaign
from apps.common.addresses import beside, of_one
from apps.common.filters import whole_number
from apps.common.report_file import as_file
from apps.contacts.models import Contact
from apps.referrals.models import Invite
from apps.reports.asking import WORDS, Looked, look
from apps.reports.funnel import TITLES, Line, funnels, who_came_to
from apps.reports.paths import TooLong
from apps.reports.table import names_of
from apps.reports.touches import KINDS, WINDOWS
from apps.reports.tree import below, generations, leaders, roots

SHOWN = 50
PAGES = 200
OF = {name: KINDS[name] for name in ("campaign", "channel")}


class Funnels:
    """Brought into the door of attributions: its permission counts."""

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("funnel/", require_safe(self.funnel_view), "funnel"),
            at("funnel/people/", require_safe(self.stage_view), "stage"),
            at("funnel/table/", require_POST(self.funnel_table_view), "funnel_table"),
            of("campaign", require_safe(self.campaign_view), "campaign"),
            of("branch", require_safe(self.branch_view), "branch"),
            *super().get_urls(),
        ]

    def looked_at_funnels(self, request: HttpRequest) -> Looked:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return look(request.GET, today=timezone.localdate(), kinds=OF, goal="order")

    def around(self, request: HttpRequest, looked: Looked) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {
            **self.admin_site.each_context(request),
            "looked": looked,
            "asked": looked.asked,
            "kinds": OF.values(),
            "windows": WINDOWS,
            "home": reverse("admin:reports_reckoning_funnel"),
        }

    def funnel_view(self, request: HttpRequest) -> HttpResponse:
        looked = self.looked_at_funnels(request)
        if request.GET.keys() - WORDS:
            return redirect(request.path)
        context = self.around(request, looked) | {"title": _("Funnel")}
        try:
            found = funnels(looked.asked, user=request.user)
        except TooLong as refusal:
            context["refused"] = str(refusal)
        else:
            context["lines"] = [linked(line, looked) for line in found[:SHOWN]]
            context["titles"] = TITLES
            table = reverse("admin:reports_reckoning_funnel_table")
            context["table_url"] = f"{table}{looked.address()}"
        return TemplateResponse(request, "admin/reports/funnel.html", context)

    def funnel_table_view(self, request: HttpRequest) -> HttpResponse:
        """All rows as a file: ?as=csv or xlsx."""
        looked = self.looked_at_funnels(request)
        try:
            found = funnels(looked.asked, user=request.user)
        except TooLong as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:reports_reckoning_funnel")
        rows = lines_of(looked, found)
        return as_file(request, rows, what="funnel", **looked.of_file)

    def stage_view(self, request: HttpRequest) -> HttpResponse:
        looked = self.looked_at_funnels(request)
        key, stage = whole_number(request.GET.get("key", "")), request.GET.get("which")
        if key is None or stage not in TITLES:
            raise Http404
        page = min(max(whole_number(request.GET.get("p", "")) or 1, 1), PAGES)
        found, many = who_came_to(
            looked.asked,
            key=key,
            stage=stage,
            user=request.user,
            many=SHOWN,
            passed=(page - 1) * SHOWN,
        )
        seen = Contact.objects.visible_to(request.user)
        contacts = seen.in_bulk([contact for contact, _at in found])

        def to(number: int) -> str:
            return looked.address(key=key, which=stage, p=number)

        context = self.around(request, looked) | {
            "title": TITLES[stage],
            "stage": TITLES[stage],
            "name": names_of([key], by=looked.asked.by, user=request.user)[key],
            "people": [(contacts.get(contact), at) for contact, at in found],
            "many": many,
            "page_number": page,
            "previous": to(page - 1) if page > 1 else "",
            "next": to(page + 1) if page * SHOWN < many and page < PAGES else "",
        }
        return TemplateResponse(request, "admin/reports/stage.html", context)

    def campaign_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One campaign from its first day on: funnel, generations, who brings most."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        campaign = get_object_or_404(Campaign, pk=pk)
        today = timezone.localdate()
        first = timezone.localdate(campaign.launched_at or campaign.starts_at)
        told = {"by": "campaign", "from": f"{min(first, today)}", "to": f"{today}"}
        looked = look(told, today=today, kinds=OF, goal="order")
        context = self.around(request, looked)
        mine: Line | None = None
        try:
            found = funnels(looked.asked, user=request.user)
            mine = next((line for line in found if line.key == pk), None)
        except TooLong as refusal:
            context["refused"] = str(refusal)
        context |= {
            "title": campaign.name,
            "campaign": campaign,
            "line": linked(mine, looked) if mine else None,
            "generations": generations(campaign) if request.user.sees_everybody else [],
            "direct": leaders(campaign, by="direct", user=request.user),
            "total": leaders(campaign, by="total", user=request.user),
            "roots": roots(campaign, user=request.user),
        }
        return TemplateResponse(request, "admin/reports/campaign.html", context)

    def branch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What hangs below one inviter, fetched when it is opened."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        invite = get_object_or_404(Invite, pk=pk)
        context = {"leaves": below(invite, user=request.user)}
        return TemplateResponse(request, "admin/reports/branch.html", context)


def lines_of(looked: Looked, found: Iterable[Line]) -> Iterator[list[str]]:
    yield [
        str(looked.asked.by.title),
        gettext("opened"),
        *map(str, TITLES.values()),
        gettext("K factor"),
    ]
    for line in found:
        yield [
            line.name,
            "" if line.opened is None else str(line.opened),
            *(str(line.many[stage]) for stage in TITLES),
            "" if line.k is None else f"{line.k:.2f}",
        ]


def linked(line: Line, looked: Looked) -> dict[str, Any]:
    base = reverse("admin:reports_reckoning_stage")
    return {
        "line": line,
        "page": reverse("admin:reports_reckoning_campaign", args=[line.key])
        if looked.asked.by.name == "campaign"
        else reverse("admin:channels_channel_change", args=[line.key]),
        "stages": [
            stage
            | {"address": base + looked.address(key=line.key, which=stage["name"])}
            for stage in line.stages
        ],
    }
