"""Campaigns: the list, the form, the page of one, its test run, its draws."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from apps.campaigns import prizes_admin as prizes_admin  # registers itself
from apps.campaigns import words as words  # the audit's
from apps.campaigns.check import check
from apps.campaigns.door import own_door
from apps.campaigns.draw import OF, is_right, shown_secret
from apps.campaigns.figures import figures_of, stocks_of
from apps.campaigns.filters import KindFilter, StatusFilter
from apps.campaigns.form import (
    channels,
    groups,
    products,
    rows_of,
    segments,
    tags_shown,
    terms_shown,
    told_by,
    told_in,
)
from apps.campaigns.keep import Told, copy, discard, keep, may_change
from apps.campaigns.kinds import KINDS, kind_of, terms_of
from apps.campaigns.launch import close, launch
from apps.campaigns.models import Campaign, Draw, Reward
from apps.campaigns.panels import CAMPAIGN_PAGE, helpers_of
from apps.campaigns.problems import NotFit
from apps.campaigns.ready import ready, with_rules
from apps.campaigns.rehearse import rehearse
from apps.campaigns.texts import PLACEHOLDERS, situations_of
from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, shows_refusals
from apps.common.errors import Refused
from apps.common.filters import Pickable, whole_number
from apps.common.listing import ListPage
from apps.common.problems import Problem, by_field
from apps.staff.models import Employee

DRAWS = 100  # on the page that computes them again
OWN = "own"  # instead of a code: one of its own, with these people
MOST_PEOPLE = 100
either = require_http_methods(["GET", "HEAD", "POST"])


@admin.register(Campaign)
class CampaignAdmin(Pickable, ListPage, ReadOnlyAdmin):
    page_template = "admin/campaigns/campaign/page.html"
    rows_template = "admin/campaigns/campaign/rows.html"
    list_filter = [StatusFilter, KindFilter]
    list_select_related = ["channel"]
    ordering = ["-made_at", "-pk"]
    search_fields = ["name"]
    search_help_text = _("Name of the campaign")
    counted_as = _("%(count)s campaigns")
    empty_title = _("No campaign yet")
    empty_hint = _(
        "Customers bring customers: choose a kind, look it over and launch it."
    )

    # -- the list

    def found(self, rows: QuerySet, term: str) -> QuerySet:
        return rows.filter(name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        build_url = reverse("admin:campaigns_campaign_build")
        return {
            "may_build": self.may_build(request),
            "build_url": build_url,
            "empty_url": build_url if self.may_build(request) else "",
            "empty_does": _("New campaign"),
            "views_template": "admin/campaigns/campaign/head.html",
        }

    def rows(self, request: HttpRequest, found: list[Campaign]) -> list[dict[str, Any]]:
        stocks, helpers = stocks_of(found), helpers_of(found)
        now = timezone.now()
        return [
            {
                "campaign": row,
                "kind": kind_of(row),
                "stock": stocks.get(row.pk, (0, 0)),
                "helpers": helpers.get(row.pk),
                "waits": row.is_launched and now < row.starts_at,
                "is_over": row.is_launched and now >= row.ends_at,
            }
            for row in found
        ]

    def more_about(self, row: Campaign) -> str:
        return str(row.get_kind_display())

    def may_build(self, request: HttpRequest) -> bool:
        return request.user.has_perm("campaigns.add_campaign")

    # -- the page

    def page(self, request: HttpRequest, shown: Campaign) -> dict[str, Any]:
        now = timezone.now()
        may = may_change(shown, by=request.user)
        return {
            "kind": kind_of(shown),
            "terms": terms_of(shown),
            "may_build": may,
            "may_copy": may and self.may_build(request),
            "figures": figures_of(shown, at=now),
            "check": check(shown, at=now) if shown.is_draft else None,
            "panels": CAMPAIGN_PAGE.panels(shown, request),
            "situations": situations_of(shown.kind),
            "waits": shown.is_launched and now < shown.starts_at,
            "prizes_url": f"{reverse('admin:campaigns_grant_changelist')}"
            f"?campaign={shown.pk}",
            "people_url": f"{reverse('admin:campaigns_participation_changelist')}"
            f"?campaign={shown.pk}",
        }

    def get_urls(self) -> list:
        at, of = beside(self), of_one(self)
        return [
            at("build/", either(self.build_view), "build"),
            of("build", either(self.build_view), "rebuild"),
            of("launch", require_POST(self.launch_view), "launch"),
            of("close", require_POST(self.close_view), "close"),
            of("copy", require_POST(self.copy_view), "copy"),
            of("discard", require_POST(self.discard_view), "discard"),
            of("rehearse", require_safe(self.rehearse_view), "rehearse"),
            of("draws", require_safe(self.draws_view), "draws"),
            *super().get_urls(),
        ]

    def mine(self, request: HttpRequest, pk: int) -> Campaign:
        campaign = get_object_or_404(Campaign, pk=pk)
        if not may_change(campaign, by=request.user):
            raise PermissionDenied
        return campaign

    # -- the form

    def build_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        if not self.may_build(request):
            raise PermissionDenied
        shown = self.mine(request, pk) if pk else None
        kind = shown.kind if shown else request.GET.get("kind", "")
        if kind not in KINDS:
            return self.show(request, "kinds", kinds=kinds())
        now = timezone.now()
        told = told_by(shown) if shown else ready(kind, at=now)
        problems: list[Problem] = []
        error = ""
        if request.method == "POST":
            told, problems = told_in(request.POST, kind=kind, at=now)
            try:
                if problems:
                    raise NotFit(problems)
                kept = self.kept(request, told, shown)
                if request.POST.get("do") != "launch":
                    return redirect(address_of(kept))
                shown = kept
                launch(campaign=kept, by=request.user, at=timezone.now())
                messages.success(request, _("The campaign is launched."))
                return redirect(address_of(kept))
            except NotFit as refusal:
                problems = refusal.problems
                error = str(refusal.words())
                if shown is not None:
                    told = told_by(get_object_or_404(Campaign, pk=shown.pk))
            except Refused as refusal:
                error = str(refusal)
        return self.built(request, shown, told, problems=problems, error=error)

    @transaction.atomic
    def kept(
        self, request: HttpRequest, told: Told, shown: Campaign | None
    ) -> Campaign:
        """With a code of its own, if that is wanted: both are there, or neither."""
        now = timezone.now()
        if request.POST.get("door") == OWN:
            if not request.user.has_perm("channels.add_channel"):
                raise PermissionDenied
            numbers = map(whole_number, request.POST.getlist("people")[:MOST_PEOPLE])
            people = Employee.objects.filter(pk__in=[n for n in numbers if n])
            door = own_door(
                name=told.name,
                people=list(people.values_list("pk", flat=True)),
                by=request.user,
                at=now,
            )
            told = Told(**{**told.__dict__, "channel_id": door.pk})
        if request.POST.get("rules_anew"):
            told = with_rules(told)
        return keep(
            told=told,
            by=request.user,
            at=now,
            campaign=shown,
            version=whole_number(request.POST.get("version", "")),
        )

    def built(
        self,
        request: HttpRequest,
        shown: Campaign | None,
        told: Told,
        *,
        problems: list[Problem],
        error: str,
    ) -> HttpResponse:
        kind = KINDS[told.kind]
        known = situations_of(told.kind)
        wrong = by_field(problems)
        people = request.POST.getlist("people")[:MOST_PEOPLE]
        named = Employee.objects.filter(
            pk__in=[n for n in map(whole_number, people) if n]
        )
        may_own = request.user.has_perm("channels.add_channel")
        wants_own = shown is None and request.POST.get("door") == OWN
        door = OWN if may_own and (wants_own or not told.channel_id) else ""
        return self.show(
            request,
            "build",
            title=shown.name if shown else gettext("New campaign"),
            shown=shown,
            told=told,
            kind=kind,
            kind_name=Campaign.Kind(told.kind).label,
            error=error,
            wrong=wrong,
            problems=problems,
            terms=terms_shown(told),
            may_own=may_own,
            channels=channels(),
            segments=segments(),
            groups=groups() if told.kind == Campaign.Kind.GROUP else [],
            products=products() if told.kind == Campaign.Kind.GROUP_BUY else [],
            helps=Campaign.Helps.choices,
            credited=Campaign.Credited.choices,
            deductions=Campaign.Deduction.choices,
            awards=Campaign.Award.choices,
            texts=[
                (name, each, told.texts.get(name, ""), wrong.get(f"texts.{name}", ""))
                for name, each in known.items()
            ],
            placeholders=PLACEHOLDERS.items(),
            data={
                "prizes": rows_of(told),
                "problems": wrong,
                "fixed": bool(shown and shown.is_launched),
                "kinds": dict(Reward.Kind.choices),
                "tiers": kind.has_helpers and kind.has_tiers,
                "drawn": kind.is_drawn,
                "of": OF,
                "door": door,
                "people": [{"id": each.pk, "text": each.name} for each in named],
                **tags_shown(told),
                "picks": {
                    "people": reverse("admin:staff_employee_picks"),
                    "tags": reverse("admin:tags_tag_picks"),
                },
            },
        )

    def show(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("New campaign"),
            **context,
        }
        template = f"admin/campaigns/campaign/{name}.html"
        return TemplateResponse(request, template, context)

    # -- what is done to one

    def launch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = self.mine(request, pk)
        with shows_refusals(request):
            launch(campaign=campaign, by=request.user, at=timezone.now())
            messages.success(request, _("The campaign is launched."))
        return redirect(address_of(campaign))

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = self.mine(request, pk)
        with shows_refusals(request):
            close(campaign=campaign, by=request.user, at=timezone.now())
            messages.success(request, _("The campaign is closed."))
        return redirect(address_of(campaign))

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = self.mine(request, pk)
        with shows_refusals(request):
            made = copy(campaign=campaign, by=request.user, at=timezone.now())
            messages.success(request, _("This is the copy: look it over."))
            return redirect("admin:campaigns_campaign_rebuild", made.pk)
        return redirect(address_of(campaign))

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = self.mine(request, pk)
        with shows_refusals(request):
            discard(campaign=campaign, by=request.user, at=timezone.now())
            messages.success(request, _("The draft is gone."))
            return redirect("admin:campaigns_campaign_changelist")
        return redirect(address_of(campaign))

    # -- tried out, and computed again

    def rehearse_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Everything a customer would see; nothing is kept."""
        campaign = self.mine(request, pk)
        now = timezone.now()
        return self.show(
            request,
            "rehearse",
            title=gettext("Test run"),
            shown=campaign,
            check=check(campaign, at=now),
            steps=rehearse(Campaign.objects.get(pk=campaign.pk), at=now),
        )

    def draws_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The log of a lottery, each line computed again."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        campaign = get_object_or_404(Campaign, pk=pk)
        tables = list(campaign.draw_tables.order_by("version"))
        secrets = {table.pk: shown_secret(table) for table in tables}
        draws = Draw.objects.filter(table__campaign=campaign).visible_to(request.user)
        rows = draws.select_related("table", "contact", "reward", "grant")[:DRAWS]
        names = dict(campaign.rewards.values_list("pk", "name"))
        return self.show(
            request,
            "draws",
            title=gettext("Draws"),
            shown=campaign,
            of=OF,
            tables=[
                (
                    table,
                    secrets[table.pk],
                    [(names.get(pk, f"#{pk}"), chance) for pk, chance in table.chances],
                )
                for table in tables
            ],
            draws=[(row, is_right(row, secret=secrets[row.table_id])) for row in rows],
        )


def kinds() -> list[tuple[str, Any, Any]]:
    return [(value, Campaign.Kind(value).label, kind) for value, kind in KINDS.items()]


def address_of(campaign: Campaign) -> str:
    return reverse("admin:campaigns_campaign_change", args=[campaign.pk])
