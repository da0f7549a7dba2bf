"""The list of contacts, and the page that shows one of them at a glance."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.addresses import of_one
from apps.common.admin import ReadOnlyAdmin, ScopedAdmin, shows_refusals
from apps.common.audited import noted
from apps.common.filters import searched_for, whole_number
from apps.common.panels import Door
from apps.contacts import attribute_admin as attribute_admin  # registers itself
from apps.contacts import attribute_door as attribute_door  # likewise
from apps.contacts import rights_admin as rights_admin  # likewise
from apps.contacts import rights_door, timeline, unmask_door
from apps.contacts.attribute_filters import filters_for
from apps.contacts.filters import (
    AddedFilter,
    CameByFilter,
    DepartmentFilter,
    FollowerFilter,
    OwnerFilter,
    StandingFilter,
)
from apps.contacts.guesses import look_for
from apps.contacts.merge_admin import duplicates_of, lead_on, winner_behind
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, FACT, MAIN, NEXT, SIDE, THEMES
from apps.contacts.portrait import portrait_of, portraits, risks
from apps.contacts.read_again import last_told, outcome_of, read_again
from apps.lists.acts_on_many import ActsOnMany
from apps.lists.count import place_of
from apps.lists.keeps_views import KeepsViews
from apps.wecom.in_words import kind_in_words

KEPT = "_changelist_filters"  # where Django carries a list's address along


@admin.register(Contact)
class ContactAdmin(KeepsViews, ActsOnMany, ScopedAdmin, ReadOnlyAdmin):
    page_template = "admin/contacts/contact/page.html"
    rows_template = "admin/contacts/contact/rows.html"
    list_select_related = ["owner"]
    ordering = ["-added_at", "-pk"]
    search_fields = ["name"]
    search_help_text = _("Name, remark, pinyin, last four digits of a phone")
    counted_as = _("%(count)s contacts")
    empty_title = _("No contact yet")
    empty_hint = _(
        "As soon as somebody is added by one of our employees in WeCom, they stand "
        "here. A pull reads those who have been added before."
    )

    # -- the list

    def get_list_filter(self, request: HttpRequest) -> list[type]:
        return [
            StandingFilter,
            OwnerFilter,
            DepartmentFilter,
            *CONTACT_PAGE.filters,
            *filters_for(request),
            CameByFilter,
            AddedFilter,
            FollowerFilter,
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        joined = CONTACT_PAGE.joined(request.user)
        seen = super().get_queryset(request).select_related("owner", *joined)
        return seen.defer("spelling", "grams", "avatar", *CONTACT_PAGE.unread)

    def get_search_results(
        self, request: HttpRequest, contacts: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        term = searched_for(term)
        if not term:
            return contacts, False
        with shows_refusals(request):
            now = timezone.now()
            return look_for(contacts, term, by=request.user, at=now), False
        return contacts.none(), False

    def rows(self, request: HttpRequest, found: list[Contact]) -> list[dict[str, Any]]:
        drawn = portraits(found)
        columns = CONTACT_PAGE.columns(request.user)
        cells = [column.cells(found) for column in columns]
        return [
            {
                "contact": contact,
                "portrait": drawn[contact.pk],
                "cells": [
                    (column, cell.get(contact.pk))
                    for column, cell in zip(columns, cells, strict=True)
                ],
            }
            for contact in found
        ]

    def head(self, request: HttpRequest) -> dict[str, Any]:
        asked = request.GET.copy()
        asked.pop(PAGE_VAR, None)
        return {
            "columns": CONTACT_PAGE.columns(request.user),
            "kept": f"?{urlencode({KEPT: asked.urlencode()})}" if asked else "",
        }

    # -- the page

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        """Who was merged away leads on to the winner, who was erased to that."""
        if winner := winner_behind(request, object_id):
            return lead_on(request, winner)
        if erasure := rights_door.erasure_of(request, object_id):
            return redirect("admin:contacts_erasure_change", erasure)
        return super()._get_obj_does_not_exist_redirect(request, opts, object_id)

    def page(self, request: HttpRequest, shown: Contact) -> dict[str, Any]:
        now = timezone.now()
        prefetch_related_objects([shown], "identities")
        portrait = portrait_of(shown)
        panels = CONTACT_PAGE.panels(shown, request)
        theme = THEMES.get(request.GET.get("theme", ""))
        first = timeline.page_of(shown, theme=theme, after=None, user=request.user)
        last_at = first.lines[0].at if first.lines and theme is None else None
        if theme is not None:
            last = shown.event_records.order_by("-at", "-pk").values_list(
                "at", flat=True
            )
            last_at = last.first()
        themes, latest = timeline.themes_and_latest(shown)
        told = last_told(shown)
        return {
            "portrait": portrait,
            "risks": risks(portrait, last_at=last_at, at=now),
            "last_at": last_at,
            "told": told,
            "told_what": kind_in_words(told.event, told.change_type) if told else "",
            "reading": whole_number(request.GET.get("reading", "")),
            "facts": panels.get(FACT, []),
            "next": [line for p in panels.get(NEXT, []) for line in p.facts["lines"]],
            "side": panels.get(SIDE, []),
            "main": panels.get(MAIN, []),
            "timeline": first,
            "themes": themes,
            "theme": theme,
            "latest": latest,
            "kept": request.GET.get(KEPT, ""),
            **duplicates_of(shown, request),
        }

    def get_urls(self) -> list:
        at = of_one(self)
        brought = [at(d.route, self.opened(d), d.name) for d in CONTACT_PAGE.doors]
        return [
            *brought,
            at("timeline", require_safe(self.timeline_view), "timeline"),
            at("later", require_safe(self.later_view), "later"),
            at("news", require_safe(self.news_view), "news"),
            at("beside", require_safe(self.beside_view), "beside"),
            at("read-again", require_POST(self.read_again_view), "read_again"),
            *unmask_door.addresses(self),
            *rights_door.addresses(self),
            *super().get_urls(),
        ]

    def visible(self, request: HttpRequest, pk: int) -> Contact:
        if not self.has_view_permission(request):
            raise PermissionDenied
        contact = self.get_object(request, str(pk))
        if contact is None:
            raise Http404
        return contact

    def opened(self, door: Door) -> Callable[..., HttpResponse]:
        """What another app brings, for those who may, and see the contact."""

        def view(request: HttpRequest, pk: int, **named: Any) -> HttpResponse:
            contact = self.visible(request, pk)
            if not request.user.has_perm(door.permission):
                raise PermissionDenied
            answer = door.view(request, contact, **named)
            if isinstance(answer, TemplateResponse):
                told = self.admin_site.each_context(request)
                answer.context_data = {**told, "opts": self.opts, **answer.context_data}
            return answer

        return view

    def timeline_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A page of the timeline, to be put below the one before."""
        contact = self.visible(request, pk)
        theme = THEMES.get(request.GET.get("theme", ""))
        after = timeline.Cursor.of(request.GET.get("after", ""))
        place = timeline.Cursor.of(request.GET.get("place", ""))
        context = {
            "shown": contact,
            "theme": theme,
            "themes": [] if after else timeline.themes_of(contact),
            "timeline": timeline.page_of(
                contact, theme=theme, after=after, place=place, user=request.user
            ),
            "is_earlier": place is not None,
        }
        template = "lines" if after else "timeline"
        return TemplateResponse(
            request, f"admin/contacts/contact/{template}.html", context
        )

    def later_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Panels of one place that nobody has to wait for."""
        contact = self.visible(request, pk)
        place = MAIN if request.GET.get("place") == MAIN else SIDE
        shown = CONTACT_PAGE.panels(contact, request, later=place)
        template = "admin/contacts/contact/panels.html"
        context = {"panels": shown.get(place, []), "last": False}
        return TemplateResponse(request, template, context)

    def news_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Has anything been recorded since? What became of the reading?

        Whoever has heard this already is answered in one line.
        """
        contact = self.visible(request, pk)
        command = whole_number(request.GET.get("reading", ""))
        latest = timeline.latest_event(contact)
        outcome = outcome_of(command, contact=contact) if command else ""
        answer = JsonResponse({"latest": latest, "reading": outcome})
        answer["ETag"] = f'"{contact.pk}-{latest}-{outcome}"'
        return get_conditional_response(request, etag=answer["ETag"], response=answer)

    def beside_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The contacts before and after this one in the list that led here."""
        contact = self.visible(request, pk)
        kept = request.GET.get(KEPT, "")
        listed = self.listed(request, QueryDict(kept))
        later = Q(added_at=contact.added_at, pk__gt=contact.pk)
        earlier = Q(added_at=contact.added_at, pk__lt=contact.pk)
        before = listed.filter(
            Q(added_at__gt=contact.added_at) | later, added_at__gte=contact.added_at
        )
        after = listed.filter(
            Q(added_at__lt=contact.added_at) | earlier, added_at__lte=contact.added_at
        )
        context = {
            "place": place_of(before, listed),
            "before": before.order_by("added_at", "pk").first(),
            "after": after.order_by("-added_at", "-pk").first(),
            "kept": f"?{urlencode({KEPT: kept})}" if kept else "",
        }
        return TemplateResponse(request, "admin/contacts/contact/beside.html", context)

    def read_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        contact = self.visible(request, pk)
        address = reverse("admin:contacts_contact_change", args=[contact.pk])
        asked = QueryDict(request.POST.get("query", "")[:2_000], mutable=True)
        with shows_refusals(request), transaction.atomic():
            if commands := read_again(contact=contact):
                noted(request, "read_again", about=contact, contact_id=contact.pk)
                asked["reading"] = str(commands[0].pk)
            else:
                messages.info(request, _("WeCom is being asked already."))
        return redirect(f"{address}?{asked.urlencode()}" if asked else address)
