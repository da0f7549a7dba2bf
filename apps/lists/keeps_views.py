"""A list that keeps views: tabs above it, and what it opens with.

The filters live in the address. A view only leads there, so that a colleague to whom
the address is sent sees the same filters, and behind them his own scope.
"""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.urls import reverse

from apps.common.filters import whole_number
from apps.common.listing import VIEW_VAR, ListPage
from apps.lists.keep import SHARES_WITH_EVERYBODY, may_change
from apps.lists.models import Place, SavedView
from apps.lists.understand import Understood, in_one_form, understand

ALL = "all"
TABS = 6  # that are shown; the others stand in a menu
# What the page of a list says besides its filters.
NO_FILTERS = {VIEW_VAR, "p", "q", "o", "e"}


@dataclass(frozen=True, kw_only=True)
class Tabs:
    """The views of a list, as its page shows them."""

    of: str  # the list
    first: list[SavedView]
    more: list[SavedView]
    here: SavedView | None
    differs: bool  # the filters of the page are not those of the view
    may_take_over: bool
    may_share_with_everybody: bool
    has_department: bool
    here_filters: str = ""
    lost: list[str] = field(default_factory=list)

    @property
    def shown(self) -> list[SavedView]:
        return [*self.first, *self.more]

    @property
    def may_keep(self) -> bool:
        return bool(self.here_filters) and (self.here is None or self.differs)


class KeepsViews(ListPage):
    """Beside ListPage in the bases of an admin whose list keeps views."""

    views_template = "admin/lists/views.html"
    everything = f"?{VIEW_VAR}={ALL}"

    def changelist_view(self, request, extra_context=None):
        asked = request.GET.get(VIEW_VAR, "")
        if self.has_view_permission(request):
            views = list(self.views(request))
            bare = not (set(request.GET) - {VIEW_VAR})
            leads = bare and asked != ALL and request.method == "GET"
            if leads and (address := self.leads_on(request, views, asked)):
                return redirect(address)
            tabs = self.tabs(request, views, asked)
            extra_context = {"tabs": tabs, **(extra_context or {})}
        context = {"views_template": self.views_template, **(extra_context or {})}
        return super().changelist_view(request, context)

    def views(self, request: Any) -> Any:
        seen = SavedView.objects.visible_to(request.user)
        return seen.filter(list=self.opts.label_lower).arranged_by(request.user)

    def leads_on(self, request: Any, views: list[SavedView], asked: str) -> str:
        """Where a bare address leads: to the view that it names, or opens with."""
        if asked:
            number = whole_number(asked)
            view = next((each for each in views if each.pk == number), None)
        else:
            view = self.opens_with(request, views)
        if view is None:
            return ""
        filters = understand(self, request, view.query).filters
        return f"{request.path}?{VIEW_VAR}={view.pk}&{filters}" if filters else ""

    def opens_with(self, request: Any, views: list[SavedView]) -> SavedView | None:
        """What this person has chosen; else what is meant for their role."""
        for view in views:
            if view.opens:  # type: ignore[attr-defined]
                return view
        meant = {view.opens_for: view for view in views if view.opens_for}
        if not meant:
            return None
        mine = Place.objects.filter(
            user=request.user, list=self.opts.label_lower, opens_first=True
        )
        if mine.exists():
            return None
        roles = Group.objects.filter(user=request.user).values_list("name", flat=True)
        return next((meant[role] for role in roles if role in meant), None)

    def tabs(self, request: Any, views: list[SavedView], asked: str) -> Tabs:
        user = request.user
        number = whole_number(asked)
        here = next((view for view in views if view.pk == number), None)
        filters = self.here(request)
        found = self.understood(request, here)
        lost = [here.titles.get(n, n) for n in found.strange] if here and found else []
        first = views[:TABS]
        if here and here not in first:
            first = [*views[: TABS - 1], here]
        return Tabs(
            of=self.opts.label_lower,
            first=first,
            more=[view for view in views if view not in first],
            here=here,
            differs=bool(here and found and filters != found.filters),
            may_take_over=here is not None and may_change(here, by=user),
            may_share_with_everybody=user.has_perm(SHARES_WITH_EVERYBODY),
            has_department=user.employee_id is not None,
            here_filters=filters,
            lost=list(dict.fromkeys(lost)),
        )

    def understood(self, request: Any, view: SavedView | None) -> Understood | None:
        """The filters of a view today. If the address has just those, all are known:
        the page itself would refuse others."""
        if view is None:
            return None
        if self.here(request) == view.query:
            return Understood(filters=view.query)
        return understand(self, request, view.query)

    def here(self, request: Any) -> str:
        """The filters of the address, in the one form in which views keep them."""
        asked = request.GET.dict()
        return in_one_form(
            {name: v for name, v in asked.items() if v and name not in NO_FILTERS}
        )


def list_of(view: SavedView) -> str:
    return reverse(f"admin:{view.list.replace('.', '_')}_changelist")
