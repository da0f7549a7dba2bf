"""The page of return: what channels and campaigns cost and what came back; and the
costs that people enter."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.audit import telling
from apps.campaigns.models import Campaign
from apps.channels.models import Channel
from apps.common.addresses import beside, of_one
from apps.common.admin import BigList, ReadOnlyAdmin, shows_refusals
from apps.common.filters import day_of, whole_number
from apps.common.report_file import as_file
from apps.contacts.models import Contact
from apps.reports.asking import TITLES, WORDS, Looked, look, margin_in
from apps.reports.cost import enter_cost, strike_cost
from apps.reports.models import Cost
from apps.reports.paths import TooLong
from apps.reports.returns import MODELS_OF, WHICH, Line, returns, who_came
from apps.reports.table import names_of
from apps.reports.touches import GOALS, KINDS, WINDOWS

SHOWN = 50
PAGES = 200
ENTRIES = 30  # costs that are listed; the newest
OFFERED = 200  # campaigns to choose from; the newest
ENTERS = "reports.add_cost"
OF = {name: KINDS[name] for name in MODELS_OF}
WHO = {
    "new": _("new customers"),
    "kept7": _("still friends after 7 days"),
    "kept30": _("still friends after 30 days"),
    "left7": _("left within 7 days"),
    "left30": _("left within 30 days"),
}
telling.FIELDS.update(
    {
        "spent_on": _("spent on"),
        "first_on": _("from"),
        "last_on": _("to"),
        "report": _("report"),
    }
)


@admin.register(Cost)
class CostAdmin(BigList, ReadOnlyAdmin):
    list_display = ()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """They are put right where they stand."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:reports_cost_changelist")

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("enter/", require_POST(self.enter_view), "enter"),
            at("people/", require_safe(self.people_view), "people"),
            at("table/", require_POST(self.table_view), "table"),
            of("put-right", require_POST(self.put_right_view), "put_right"),
            of("strike", require_POST(self.strike_view), "strike"),
            *super().get_urls(),
        ]

    def looked(self, request: HttpRequest) -> Looked:
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        return look(request.GET, today=today, kinds=OF, goal="order", model="last")

    def changelist_view(self, request, extra_context=None):
        looked = self.looked(request)
        if request.GET.keys() - WORDS:  # it answers nothing else
            return redirect(request.path)
        margin = request.GET.get("margin", "")
        margin = margin if margin.isdecimal() else "100"
        tells = request.user.sees_everybody
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Cost and return"),
            "looked": looked,
            "asked": looked.asked,
            "kinds": OF.values(),
            "goals": [GOALS["order"], GOALS["first"]],
            "windows": WINDOWS,
            "models": TITLES,
            "margin": margin,
            "tells": tells,
            "may_enter": may_enter(request),
            "cost_kinds": Cost.Kind.choices,
            "table_url": reverse("admin:reports_cost_table")
            + looked.address(margin=margin),
        }
        if tells:
            rows = Cost.objects.select_related("channel", "campaign", "made_by")
            context["entries"] = rows[:ENTRIES]
            if looked.asked.by.name == "campaign":
                context["campaigns"] = Campaign.objects.all()[:OFFERED]
        try:
            lines, whole = self.returns(request, looked)
        except TooLong as refusal:
            context["refused"] = str(refusal)
        else:
            context |= {"lines": [linked(line, looked) for line in lines[:SHOWN]]}
            context |= {"whole": whole, "more": max(len(lines) - SHOWN, 0)}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/reports/return.html", context)

    def returns(self, request: HttpRequest, looked: Looked) -> Any:
        return returns(
            looked.asked,
            model=looked.model,
            margin=margin_in(request.GET.get("margin", "")),
            user=request.user,
            at=timezone.now(),
        )

    def table_view(self, request: HttpRequest) -> HttpResponse:
        looked = self.looked(request)
        lines, _whole = self.returns(request, looked)
        rows = rows_of(lines, looked)
        return as_file(request, rows, what="return", **looked.of_file)

    def people_view(self, request: HttpRequest) -> HttpResponse:
        looked = self.looked(request)
        key = whole_number(request.GET.get("key", ""))
        which = request.GET.get("which", "new")
        if key is None or which not in WHICH:
            raise Http404
        page = min(max(whole_number(request.GET.get("p", "")) or 1, 1), PAGES)
        found, many = who_came(
            looked.asked,
            key=key,
            which=which,
            user=request.user,
            at=timezone.now(),
            many=SHOWN,
            passed=(page - 1) * SHOWN,
        )
        seen = Contact.objects.visible_to(request.user)
        contacts = seen.in_bulk([each.contact_id for each in found])

        def to(number: int) -> str:
            return looked.address(key=key, which=which, p=number)

        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": WHO[which],
            "looked": looked,
            "asked": looked.asked,
            "name": names_of([key], by=looked.asked.by, user=request.user)[key],
            "came": [
                {"contact": contacts.get(each.contact_id), "came": each}
                for each in found
            ],
            "many": many,
            "page_number": page,
            "previous": to(page - 1) if page > 1 else "",
            "next": to(page + 1) if page * SHOWN < many and page < PAGES else "",
            "home": reverse("admin:reports_cost_changelist"),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/reports/people.html", context)

    # -- what people enter

    def enter_view(self, request: HttpRequest) -> HttpResponse:
        return self.entered(request, None)

    def put_right_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.entered(request, get_object_or_404(Cost, pk=pk))

    def entered(self, request: HttpRequest, cost: Cost | None) -> HttpResponse:
        self.refuse_others(request)
        told = request.POST
        with shows_refusals(request):
            enter_cost(
                kind=told.get("kind", ""),
                of=of_in(request) or (cost.of if cost else None),
                first_on=day_of(told.get("first_on", "")),
                last_on=day_of(told.get("last_on", "")),
                amount=fen_in(told.get("amount", "")),
                note=told.get("note", ""),
                by=request.user,
                at=timezone.now(),
                cost=cost,
            )
            messages.success(request, _("Saved."))
        return redirect("admin:reports_cost_changelist")

    def strike_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.refuse_others(request)
        cost = get_object_or_404(Cost, pk=pk)
        strike_cost(cost=cost, by=request.user, at=timezone.now())
        messages.success(request, _("The cost is struck off."))
        return redirect("admin:reports_cost_changelist")

    def refuse_others(self, request: HttpRequest) -> None:
        if not may_enter(request):
            raise PermissionDenied


def may_enter(request: HttpRequest) -> bool:
    return request.user.has_perm(ENTERS) and request.user.sees_everybody


def of_in(request: HttpRequest) -> Channel | Campaign | None:
    model = MODELS_OF.get(request.POST.get("of", ""))
    number = whole_number(request.POST.get("picked", ""))
    if model is None or number is None:
        return None
    found: Channel | Campaign | None = model.objects.filter(pk=number).first()
    return found


def fen_in(text: str) -> int | None:
    """Yuan, with or without fen: 1200, 99.5, 99.50."""
    yuan, _dot, fen = text.replace(",", "").strip().partition(".")
    numbers = whole_number(yuan), whole_number(fen.ljust(2, "0"))
    if len(fen) > 2 or numbers[0] is None or numbers[1] is None:
        return None
    return numbers[0] * 100 + numbers[1]


def linked(line: Line, looked: Looked) -> dict[str, Any]:
    base = reverse("admin:reports_cost_people")
    behind = reverse("admin:reports_reckoning_behind")
    pages = {which: base + looked.address(key=line.key, which=which) for which in WHICH}
    return {
        "line": line,
        "pages": pages,
        "stays": [
            stay | {"address": pages[f"kept{stay['days']}"]} for stay in line.stays
        ],
        "orders_url": behind + looked.address(key=line.key),
    }


def rows_of(lines: list[Line], looked: Looked) -> Iterator[list[str]]:
    def yuan(fen: float | None) -> str:
        return "" if fen is None else f"{fen / 100:.2f}"

    def ratio(number: float | None) -> str:
        return "" if number is None else f"{number:.4f}"

    kinds = Cost.Kind.choices
    yield [
        str(looked.asked.by.title),
        gettext("new customers"),
        *[str(words) for _kind, words in kinds],
        gettext("cost in all"),
        gettext("cost of each"),
        gettext("still friends after 7 days"),
        gettext("cost of each after 7 days"),
        gettext("still friends after 30 days"),
        gettext("cost of each after 30 days"),
        gettext("revenue"),
        gettext("ROAS"),
        gettext("ROI"),
    ]
    for line in lines:
        week, month = line.stays
        spent = line.spent or {}
        yield [
            line.name,
            str(line.new),
            *[yuan(spent.get(kind, 0)) for kind, _words in kinds],
            yuan(line.cost),
            yuan(line.each),
            str(week["kept"]),
            yuan(week["each"]),
            str(month["kept"]),
            yuan(month["each"]),
            yuan(line.revenue),
            ratio(line.roas),
            ratio(line.roi),
        ]
