"""The doors of the pages of tags: make, add, rename, move, delete, see, try again."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from unfold.admin import ModelAdmin

from apps.common.addresses import beside, of_one
from apps.common.admin import shows_refusals
from apps.common.errors import Expected
from apps.common.filters import whole_number
from apps.tags import keep_order, standing
from apps.tags.models import Tag, TagChange, TagGroup
from apps.tags.other_group import put_under

KEEPS = "tags.change_taggroup"
ASKED = _("WeCom is being told.")
SAVED = _("Saved.")


def may_keep(request: Any) -> bool:
    """A tag that goes comes off everybody: whoever sees only some lets it be."""
    return request.user.has_perm(KEEPS) and request.user.sees_everybody


class ChangesThings(ModelAdmin):
    """Rename, move and delete, of tags and of groups alike."""

    def get_urls(self) -> list:
        at = of_one(self)

        def door(view: Callable[..., HttpResponse], name: str) -> Any:
            return at(name, require_POST(view), name)

        return [
            door(self.rename_view, "rename"),
            door(self.move_view, "move"),
            door(self.delete_view_of_ours, "remove"),
            *super().get_urls(),
        ]

    def thing(self, request: Any, pk: int) -> Any:
        if not may_keep(request) or not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.model, pk=pk)

    def rename_view(self, request: Any, pk: int) -> HttpResponse:
        thing = self.thing(request, pk)
        with shows_refusals(request):
            name = request.POST.get("name", "")
            keep_order.rename(
                thing=thing, name=name, by=request.user, at=timezone.now()
            )
            messages.success(request, said(thing))
        return redirect(page_of(thing))

    def move_view(self, request: Any, pk: int) -> JsonResponse:
        """Where it was dropped: before which, or behind the last of the page."""
        thing = self.thing(request, pk)
        where = {
            side: whole_number(request.POST.get(side, ""))
            for side in ("before", "after")
        }
        try:
            keep_order.move(
                thing=thing,
                before=where["before"],
                after=where["after"],
                by=request.user,
                at=timezone.now(),
            )
        except Expected as refusal:
            return JsonResponse({"refused": str(refusal)}, status=409)
        return JsonResponse({"told": str(said(thing))})

    def delete_view_of_ours(self, request: Any, pk: int) -> HttpResponse:
        thing = self.thing(request, pk)
        with shows_refusals(request):
            keep_order.delete(thing=thing, by=request.user, at=timezone.now())
            messages.success(request, said(thing))
        if isinstance(thing, TagGroup):
            return redirect("admin:tags_taggroup_changelist")
        return redirect(page_of(thing))


class MakesThings(ChangesThings):
    """Groups are made, tags are added, and what became of it is seen."""

    def get_urls(self) -> list:
        at = beside(self)
        return [
            at("make/", require_POST(self.make_view), "make"),
            at("read/", require_POST(self.read_view), "read"),
            at("news/", require_safe(self.news_view), "news"),
            at("<int:pk>/add/", require_POST(self.add_tags_view), "add_tags"),
            at("<int:pk>/find-out/", require_POST(self.find_out_view), "find_out"),
            at("told/<int:pk>/seen/", require_POST(self.seen_view), "seen"),
            at("told/<int:pk>/again/", require_POST(self.again_view), "again"),
            *super().get_urls(),
        ]

    def make_view(self, request: Any) -> HttpResponse:
        if not may_keep(request):
            raise PermissionDenied
        made = None
        with shows_refusals(request):
            own = request.POST.get("kind") != TagGroup.Kind.CORP
            made = keep_order.make_group(
                name=request.POST.get("name", ""),
                tags=keep_order.names_in(request.POST.get("tags", "")),
                own=own,
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, SAVED if own else ASKED)
        return redirect(page_of(made) if made else everything())

    def add_tags_view(self, request: Any, pk: int) -> HttpResponse:
        group = self.thing(request, pk)
        with shows_refusals(request):
            names = keep_order.names_in(request.POST.get("tags", ""))
            keep_order.add_tags(
                group=group, names=names, by=request.user, at=timezone.now()
            )
            messages.success(request, said(group))
        return redirect(page_of(group))

    def find_out_view(self, request: Any, pk: int) -> HttpResponse:
        group = self.thing(request, pk)
        standing.find_out(group=group, by=request.user, at=timezone.now())
        messages.success(request, _("WeCom is being asked."))
        return redirect(page_of(group))

    def seen_view(self, request: Any, pk: int) -> HttpResponse:
        change = self.change(request, pk)
        standing.seen(change=change, by=request.user, at=timezone.now())
        return redirect(page_of(change.group) if change.group else everything())

    def again_view(self, request: Any, pk: int) -> HttpResponse:
        change = self.change(request, pk)
        with shows_refusals(request):
            standing.try_again(change=change, by=request.user, at=timezone.now())
            messages.success(request, ASKED)
        return redirect(page_of(change.group) if change.group else everything())

    def change(self, request: Any, pk: int) -> TagChange:
        if not may_keep(request):
            raise PermissionDenied
        rows = TagChange.objects.select_related("group", "tag")
        return get_object_or_404(rows, pk=pk)

    def read_view(self, request: Any) -> HttpResponse:
        """All tags are read again from WeCom."""
        if not may_keep(request):
            raise PermissionDenied
        standing.read_again(by=request.user, at=timezone.now())
        messages.success(request, _("The tags are being read again from WeCom."))
        return redirect(everything())

    def news_view(self, request: Any) -> JsonResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        answer = {"running": standing.is_under_way()}
        return JsonResponse(answer, headers={"Cache-Control": "no-store"})


class ChangesTags(ChangesThings):
    """One of our own goes to another of our groups as well."""

    def get_urls(self) -> list:
        door = require_POST(self.group_view)
        return [of_one(self)("group", door, "group"), *super().get_urls()]

    def group_view(self, request: Any, pk: int) -> HttpResponse:
        tag = self.thing(request, pk)
        number = whole_number(request.POST.get("group", ""))
        group = get_object_or_404(TagGroup, pk=number)
        with shows_refusals(request):
            put_under(tag=tag, group=group, by=request.user, at=timezone.now())
            messages.success(request, SAVED)
        return redirect(page_of(tag))


def said(thing: Tag | TagGroup) -> Any:
    return SAVED if keep_order.is_own(thing) else ASKED


def page_of(thing: Any) -> str:
    group = thing.group if isinstance(thing, Tag) else thing
    if group is None:
        return reverse("admin:tags_tag_change", args=[thing.pk])
    return reverse("admin:tags_taggroup_change", args=[group.pk])


def everything() -> str:
    return reverse("admin:tags_taggroup_changelist")
