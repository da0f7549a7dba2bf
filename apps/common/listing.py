"""A list with a bar of filters, chips of what is filtered for, and rows of our own.

On a wide screen the rows are a table, on a phone they are cards; both are the same
HTML (see static/common/lists.css).
"""

from copy import copy
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from apps.common.admin import BigList
from apps.common.filters import Filter, searched_for

VIEW_VAR = "view"  # which saved view an address comes from; no filter (apps/lists)


@dataclass(frozen=True, kw_only=True)
class Chip:
    """Something that is filtered for, and the address without it."""

    title: str
    words: str
    without: str
    is_lost: bool = False


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A filter as the bar draws it; `links` are words with their addresses."""

    spec: Filter
    chip: str
    choices: list[dict[str, Any]]
    links: list[tuple[Any, str]]


class Listing(ChangeList):
    """The page of a list, with `rows` as the template wants them."""

    rows: list[Any]

    def get_filters_params(self, params: Any = None) -> Any:
        found = super().get_filters_params(params)
        found.pop(VIEW_VAR, None)
        return found

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.rows = self.model_admin.rows(request, self.result_list)

    @property
    def everything(self) -> str:
        """Where the list is shown without any filter."""
        return self.model_admin.everything

    @property
    def bar(self) -> list[Drawn]:
        return [
            Drawn(
                spec=spec,
                chip=spec.chip,
                choices=list(spec.choices(self)) if spec.lookup_choices else [],
                links=[
                    (words, self.get_query_string({**changed, PAGE_VAR: None}))
                    for words, changed in spec.links()
                ],
            )
            for spec in self.filter_specs
            if not spec.quiet
        ]

    @property
    def chips(self) -> list[Chip]:
        found = []
        if self.query:
            without = self.get_query_string({SEARCH_VAR: None, PAGE_VAR: None})
            found.append(
                Chip(title=gettext("Search"), words=self.query, without=without)
            )
        for spec in self.filter_specs:
            if words := spec.chip:
                names: dict[str, None] = dict.fromkeys(spec.names)
                found.append(
                    Chip(
                        title=str(spec.title),
                        words=words,
                        without=self.get_query_string({**names, PAGE_VAR: None}),
                        is_lost=spec.is_lost,
                    )
                )
        return found

    @property
    def others(self) -> list[tuple[str, str]]:
        """What stands in the address besides the search: a form must carry it on."""
        return [
            (name, value)
            for name, values in self.filter_params.items()
            for value in values
            if name not in (SEARCH_VAR, PAGE_VAR)
        ]


class Unlisted(Listing):
    """The rows that a list would show, without reading them."""

    def get_results(self, request: HttpRequest) -> None:
        self.rows = []


class ListPage(BigList):
    """A list with rows of our own. There is nothing to tick."""

    change_list_template = "admin/common/list.html"
    rows_template = ""
    everything = "?"
    actions = None
    counted_as = _("%(count)s rows")

    def rows(self, request: HttpRequest, found: list[Any]) -> list[Any]:
        """What the template is given for the rows of one page."""
        return found

    def head(self, request: HttpRequest) -> dict[str, Any]:
        """What the template is given besides the rows."""
        return {}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Listing

    def listed(self, request: HttpRequest, asked: QueryDict) -> QuerySet:
        """What the list shows under this address; nothing under a wrong one."""
        there = copy(request)
        there.GET = asked
        try:
            return Unlisted(
                request=there,
                model=self.model,
                list_display=["__str__"],
                list_display_links=None,
                list_filter=self.get_list_filter(there),
                date_hierarchy=None,
                search_fields=self.search_fields,
                list_select_related=self.list_select_related,
                list_per_page=self.list_per_page,
                list_max_show_all=self.list_max_show_all,
                list_editable=(),
                model_admin=self,
                sortable_by=(),
                search_help_text=None,
            ).queryset
        except IncorrectLookupParameters:
            return self.get_queryset(request).none()

    def changelist_view(self, request, extra_context=None):
        context = {
            "rows_template": self.rows_template,
            **self.head(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def get_search_results(self, request, rows, search_term):
        """A list without a box to search in does not answer what is asked of it."""
        term = searched_for(search_term) if self.search_fields else ""
        return (self.found(rows, term) if term else rows), False

    def found(self, rows, term):
        """The rows that a word finds; the word is short, and has no NUL in it."""
        raise NotImplementedError
