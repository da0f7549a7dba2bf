"""Errands: the list, the page of one with everybody's figures, the form to hand one
out, and how colleagues and departments do (the page of the team)."""

from datetime import date, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from apps.audit import telling
from apps.campaigns.models import Campaign
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, ScopedAdmin, shows_refusals
from apps.common.errors import Refused
from apps.common.filters import Choice, day_of, whole_number
from apps.common.listing import ListPage
from apps.common.report_file import as_file
from apps.errands.figures import progress, title_of
from apps.errands.hand_out import TARGETS, call_off, hand_out, say_done
from apps.errands.models import Errand, Share
from apps.errands.team import lines_of, team
from apps.staff.models import Employee
from apps.staff.scope import is_in_reach
from apps.staff.tree import read_tree

HANDS_OUT = "errands.add_errand"
OFFERED = 200  # campaigns and colleagues without a department
telling.FIELDS.update(
    {
        "campaign": _("campaign"),
        "due_at": _("due at"),
        "ended_at": _("called off at"),
        "reached": _("reached"),
        "joined": _("took part"),
        "helped": _("helped"),
        "converted": _("bought"),
        "is_done": _("done"),
    }
)
either = require_http_methods(["GET", "HEAD", "POST"])


class StandingFilter(Choice):
    title = _("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("goes on")), ("over", _("over"))]

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        over = Q(ended_at__isnull=False) | Q(due_at__lte=timezone.now())
        return rows.filter(over if value == "over" else ~over)


@admin.register(Errand)
class ErrandAdmin(ListPage, ScopedAdmin, ReadOnlyAdmin):
    page_template = "admin/errands/page.html"
    rows_template = "admin/errands/rows.html"
    list_filter = [StandingFilter]
    list_select_related = ["campaign", "made_by"]
    ordering = ["-made_at", "-pk"]
    counted_as = _("%(count)s errands")
    empty_title = _("No errand yet")
    empty_hint = _(
        "An errand hands a campaign to colleagues: what each shall reach, what to "
        "send, and until when. They see it under “Today”."
    )

    def head(self, request: HttpRequest) -> dict[str, Any]:
        may = request.user.has_perm(HANDS_OUT)
        url = reverse("admin:errands_errand_start")
        team_url = reverse("admin:errands_errand_team")
        return {
            "views_template": "admin/errands/head.html",
            "may_hand_out": may,
            "empty_url": url if may else reverse("admin:index"),
            "empty_does": _("Hand out a campaign") if may else _("Today"),
            "team_url": team_url,
        }

    def rows(self, request: HttpRequest, found: list[Errand]) -> list[dict[str, Any]]:
        """How many are done or late; one query for the page."""
        now = timezone.now()
        seen = Share.objects.visible_to(request.user).filter(errand__in=found)
        late = Q(done_at__gt=F("errand__due_at"))
        late |= Q(done_at__isnull=True, errand__due_at__lt=now)
        sums = (
            seen.order_by()
            .values("errand")
            .annotate(
                many=Count("pk"),
                done=Count("pk", filter=Q(done_at__isnull=False)),
                late=Count("pk", filter=late & Q(errand__ended_at__isnull=True)),
            )
        )
        by_errand = {row["errand"]: row for row in sums}
        nobody = {"many": 0, "done": 0, "late": 0}
        return [
            {**by_errand.get(errand.pk, nobody), "errand": errand} for errand in found
        ]

    def page(self, request: HttpRequest, shown: Errand) -> dict[str, Any]:
        now = timezone.now()
        seen = Share.objects.visible_to(request.user).filter(errand=shown)
        shares = list(seen.select_related("employee").order_by("employee__sort_key"))
        told = progress(shown, shares, at=now)
        mine = request.user.employee_id
        return {
            "title": shown.campaign.name,
            "people": sorted(told, key=lambda each: -each.part),
            "mine": next((p for p in told if p.share.employee_id == mine), None),
            "done": sum(each.is_done for each in told),
            "late": sum(each.is_late for each in told),
            "is_over": shown.ended_at is not None,
            "may_call_off": self.may_call_off(request, shown),
            "code_url": self.code_url(request, shown),
            "targets": [
                (title_of(name), name == "amount", target)
                for name in TARGETS
                if (target := getattr(shown, name))
            ],
        }

    def code_url(self, request: HttpRequest, shown: Errand) -> str:
        """The poster of the campaign's channel code, to be sent."""
        channel = shown.campaign.channel
        if channel is None or not request.user.has_perm("channels.view_channel"):
            return ""
        address = reverse("admin:channels_channel_picture", args=[channel.pk])
        return f"{address}?form=poster" if channel.qr_text else ""

    def may_call_off(self, request: HttpRequest, shown: Errand) -> bool:
        return shown.ended_at is None and request.user.has_perm(HANDS_OUT)

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("start/", either(self.start_view), "start"),
            at("team/", require_safe(self.team_view), "team"),
            at("team/table/", require_POST(self.team_table_view), "team_table"),
            of("done", require_POST(self.done_view), "done"),
            of("call-off", require_POST(self.call_off_view), "call_off"),
            *super().get_urls(),
        ]

    # -- what is done

    def start_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(HANDS_OUT):
            raise PermissionDenied
        told, error = request.POST, ""
        if request.method == "POST":
            number = whole_number(told.get("campaign", ""))
            campaign = get_object_or_404(Campaign, pk=number)
            try:
                made = hand_out(
                    campaign=campaign,
                    employees=chosen_in(request),
                    targets={
                        name: number_in(told.get(name, ""), name) for name in TARGETS
                    },
                    due_at=moment_in(told.get("due_at", "")),
                    text=told.get("text", ""),
                    link=told.get("link", ""),
                    by=request.user,
                    at=timezone.now(),
                )
                messages.success(request, _("Handed out. Everybody sees it today."))
                return redirect("admin:errands_errand_change", made.pk)
            except Refused as refusal:
                error = str(refusal)
        due = timezone.localtime() + timedelta(days=7)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Hand out a campaign"),
            "error": error,
            "told": told,
            "chosen": set(told.getlist("employee")),
            "due": told.get("due_at") or f"{due:%Y-%m-%dT18:00}",
            "campaigns": Campaign.objects.launched()[:OFFERED],
            "departments": departments_for(request),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/errands/start.html", context)

    def done_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Only one's own part."""
        share = get_object_or_404(
            Share.objects.exclude(employee=None),
            errand=pk,
            employee=request.user.employee_id,
        )
        with shows_refusals(request):
            say_done(
                share=share,
                reached=whole_number(request.POST.get("reached", "").strip()) or 0,
                is_done=request.POST.get("do") == "done",
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("Saved."))
        return redirect("admin:errands_errand_change", pk)

    def call_off_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        errand = get_object_or_404(self.get_queryset(request), pk=pk)
        if not request.user.has_perm(HANDS_OUT):
            raise PermissionDenied
        with shows_refusals(request):
            call_off(errand=errand, by=request.user, at=timezone.now())
            messages.success(request, _("The errand is called off."))
        return redirect("admin:errands_errand_change", pk)

    # -- how everybody does

    def team_view(self, request: HttpRequest) -> HttpResponse:
        first, last = self.days_asked_for(request)
        people, departments = team(
            first=first, last=last, user=request.user, at=timezone.now()
        )
        table = reverse("admin:errands_errand_team_table")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Team"),
            "first": first,
            "last": last,
            "days": (last - first).days + 1,
            "people": people,
            "departments": departments,
            "table_url": f"{table}?from={first}&to={last}",
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/errands/team.html", context)

    def team_table_view(self, request: HttpRequest) -> HttpResponse:
        """Departments and colleagues as a file: ?as=csv or xlsx."""
        first, last = self.days_asked_for(request)
        people, departments = team(
            first=first, last=last, user=request.user, at=timezone.now()
        )
        kind = Errand._meta.label_lower
        rows = lines_of([*departments, *people])
        return as_file(request, rows, what="team", kind=kind, first=first, last=last)

    def days_asked_for(self, request: HttpRequest) -> tuple[date, date]:
        if not request.user.has_perm("reports.view_reckoning"):
            raise PermissionDenied
        today = timezone.localdate()
        last = min(day_of(request.GET.get("to", "")) or today, today)
        first = day_of(request.GET.get("from", "")) or last - timedelta(days=29)
        return max(min(first, last), last - timedelta(days=365)), last


def chosen_in(request: HttpRequest) -> list[Employee]:
    """Colleagues who were ticked, as far as the user is in reach of them."""
    ticked = {whole_number(n) for n in request.POST.getlist("employee")[:2_000]}
    rows = Employee.objects.working().filter(pk__in=ticked - {None})
    return [each for each in rows if is_in_reach(each, request.user)]


def departments_for(request: HttpRequest) -> list[dict[str, Any]]:
    """Each with its own people who work here, in reach of the user."""
    people = Employee.objects.working().order_by("sort_key", "pk").in_bulk()
    seen = {pk for pk, each in people.items() if is_in_reach(each, request.user)}
    found, placed = [], set()
    for branch in read_tree().walk():
        own = [people[pk] for pk in people if pk in branch.own & seen]
        placed |= branch.own
        if own:
            found.append({"name": str(branch.department), "people": own})
    rest = [people[pk] for pk in people if pk in seen - placed][:OFFERED]
    if rest:
        found.append({"name": _("without a department"), "people": rest})
    return found


def targets_in(request: HttpRequest) -> dict[str, int | None]:
    return {name: number_in(request.POST.get(name, ""), name) for name in TARGETS}


def number_in(text: str, name: str) -> int | None:
    number = whole_number(text.strip())
    return number * 100 if number is not None and name == "amount" else number


def moment_in(text: str) -> Any:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or timezone.is_aware(found):
        return found
    return timezone.make_aware(found) if 1970 <= found.year <= 9000 else None
