"""Views to read, to rename, to share and to put in order; who else has one, and why."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.addresses import beside
from apps.common.admin import ReadOnlyAdmin, shows_refusals
from apps.common.listing import ListPage
from apps.lists import batch_admin as batch_admin  # registers itself
from apps.lists import keep
from apps.lists.count import how_many
from apps.lists.keeps_views import KeepsViews
from apps.lists.models import SavedView
from apps.lists.understand import understand
from apps.staff.models import Role

AT_ONCE = 12  # views whose rows one page has counted


@admin.register(SavedView)
class SavedViewAdmin(ListPage, ReadOnlyAdmin):
    page_template = "admin/lists/savedview/page.html"
    rows_template = "admin/lists/savedview/rows.html"
    list_select_related = ["by", "department"]
    ordering = ["list", F("mine__position").asc(nulls_last=True), "pk"]
    counted_as = _("%(count)s views")
    empty_title = _("No view yet")
    empty_hint = _(
        "Filter a list, such as that of the contacts, and press “Keep as a view” above "
        "it: the filters then stand there by one name."
    )
    empty_leads_to = ("admin:contacts_contact_changelist", _("To the contacts"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_active and request.user.is_staff

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Their own and those shared with them, of lists that they may open."""
        lists = [model._meta.label_lower for model in self.doors(request)]
        seen = super().get_queryset(request).visible_to(request.user)
        return seen.filter(list__in=lists).arranged_by(request.user)

    def doors(self, request: HttpRequest) -> dict[Any, KeepsViews]:
        return {
            model: door
            for model, door in self.admin_site._registry.items()
            if isinstance(door, KeepsViews) and door.has_view_permission(request)
        }

    def door_of(self, request: HttpRequest, list_name: str) -> KeepsViews:
        for model, door in self.doors(request).items():
            if model._meta.label_lower == list_name:
                return door
        raise Http404

    def rows(self, request: HttpRequest, found: list[SavedView]) -> list[Any]:
        titles = {
            model._meta.label_lower: model._meta.verbose_name_plural
            for model in self.doors(request)
        }
        return [{"view": view, "list": titles[view.list]} for view in found]

    def page(self, request: HttpRequest, shown: SavedView) -> dict[str, Any]:
        door = self.door_of(request, shown.list)
        found = understand(door, request, shown.query)
        return {
            "list_title": door.opts.verbose_name_plural,
            "list_url": reverse(self.address_of(shown)),
            "filters": list(dict.fromkeys(found.titles.values())),
            "lost": list(dict.fromkeys(shown.titles.get(n, n) for n in found.strange)),
            "may_change": keep.may_change(shown, by=request.user),
            "may_share": request.user.has_perm(keep.SHARES_WITH_EVERYBODY),
            "shares": SavedView.Shared.choices,
            "roles": Role.choices,
            "opens": shown.places.filter(user=request.user, opens_first=True).exists(),
        }

    @staticmethod
    def address_of(view: SavedView) -> str:
        return f"admin:{view.list.replace('.', '_')}_changelist"

    # -- what is done with them

    def get_urls(self) -> list:
        at = beside(self)
        return [
            at("keep/", require_POST(self.keep_view), "keep"),
            at("counts/", require_safe(self.counts_view), "counts"),
            at("everything/", require_POST(self.everything_view), "everything"),
            at("<int:pk>/describe/", require_POST(self.describe_view), "describe"),
            at("<int:pk>/take-over/", require_POST(self.take_over_view), "take_over"),
            at("<int:pk>/move/", require_POST(self.move_view), "move"),
            at("<int:pk>/opens/", require_POST(self.opens_view), "opens"),
            at("<int:pk>/remove/", require_POST(self.remove_view), "remove"),
            *super().get_urls(),
        ]

    def seen(self, request: HttpRequest, pk: int) -> SavedView:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """The filters of the address that is sent along, by a name."""
        door = self.door_of(request, request.POST.get("list", ""))
        query = request.POST.get("query", "")
        found = understand(door, request, query)
        back = reverse(f"admin:{door.opts.app_label}_{door.opts.model_name}_changelist")
        with shows_refusals(request):
            kept = keep.keep(
                list=door.opts.label_lower,
                name=request.POST.get("name", ""),
                filters=found.filters,
                titles=found.titles,
                shared=request.POST.get("shared", ""),
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, gettext("The view “%s” is kept.") % kept.name)
            return redirect(back + kept.address)
        return redirect(f"{back}?{found.filters}")

    def take_over_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        view = self.seen(request, pk)
        door = self.door_of(request, view.list)
        found = understand(door, request, request.POST.get("query", ""))
        with shows_refusals(request):
            keep.take_over(
                view=view,
                filters=found.filters,
                titles=found.titles,
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, gettext("The view has these filters now."))
        return redirect(f"{reverse(self.address_of(view))}?view={view.pk}")

    def describe_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        view = self.seen(request, pk)
        role = request.POST.get("opens_for", "")
        with shows_refusals(request):
            keep.change(
                view=view,
                name=request.POST.get("name", ""),
                shared=request.POST.get("shared", ""),
                opens_for=role if role in Role else "",
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("Saved."))
        return redirect("admin:lists_savedview_change", view.pk)

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        view = self.seen(request, pk)
        keep.move(view=view, by=request.user, later="later" in request.POST)
        return redirect("admin:lists_savedview_changelist")

    def opens_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The list opens with it for whoever asks, or no longer."""
        view = self.seen(request, pk)
        first = view if request.POST.get("opens") else None
        keep.open_with(first, list=view.list, by=request.user)
        messages.success(request, _("Saved."))
        return redirect("admin:lists_savedview_change", view.pk)

    def everything_view(self, request: HttpRequest) -> HttpResponse:
        door = self.door_of(request, request.POST.get("list", ""))
        keep.open_with(None, list=door.opts.label_lower, by=request.user)
        messages.success(request, _("Saved."))
        return redirect("admin:lists_savedview_changelist")

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        view = self.seen(request, pk)
        with shows_refusals(request):
            keep.remove(view=view, by=request.user, at=timezone.now())
            messages.success(request, gettext("The view “%s” was removed.") % view.name)
            return redirect("admin:lists_savedview_changelist")
        return redirect("admin:lists_savedview_change", view.pk)

    def counts_view(self, request: HttpRequest) -> JsonResponse:
        """How many rows each view shows to whoever asks; asked for by the page."""
        door = self.door_of(request, request.GET.get("list", ""))
        counts = {}
        for view in door.views(request)[:AT_ONCE]:
            filters = understand(door, request, view.query).filters
            asked = type(view)(query=filters).asked
            counts[view.pk] = how_many(door.listed(request, asked))
        return JsonResponse({"counts": counts}, headers={"Cache-Control": "no-store"})
