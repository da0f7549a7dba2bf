"""Batches: how far each is, what failed and why; paused, stopped, taken back."""

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from unfold.decorators import display

from apps.audit import telling
from apps.common.addresses import beside
from apps.common.admin import JobAdmin, shows_refusals
from apps.common.filters import whole_number
from apps.common.jobs import Job
from apps.lists import batch as verbs
from apps.lists.actions import ACTIONS
from apps.lists.acts_on_many import ActsOnMany
from apps.lists.batch_words import (
    DEEDS,
    FIELDS,
    outcomes_of,
    progress_of,
    sentence_of,
    title_of,
)
from apps.lists.models import Batch, BatchRow

telling.DEEDS.update(DEEDS)
telling.FIELDS.update(FIELDS)

SHOWN = 100  # failures on the page
State = BatchRow.State


@admin.register(Batch)
class BatchAdmin(JobAdmin):
    page_template = "admin/lists/batch/page.html"
    list_display = ["called", "many", "standing", "who", "created"]
    list_filter = ["status"]
    list_select_related = ["by"]
    counted_as = _("%(count)s batches")
    empty_title = _("Nothing has been done to many at once yet")
    empty_hint = _(
        "Tick rows in a list, such as that of the contacts, and choose below what is "
        "to be done to them."
    )
    empty_leads_to = ("admin:contacts_contact_changelist", _("To the contacts"))

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        """To see one's own needs no right; whose else, see `visible_to`."""
        return request.user.is_active and request.user.is_staff

    @display(description=_("what"))
    def called(self, batch: Batch) -> str:
        return title_of(batch)

    @display(description=_("how many"))
    def many(self, batch: Batch) -> str:
        return f"{batch.done:,} / {batch.total:,}"

    @display(description=_("by"))
    def who(self, batch: Batch) -> str:
        return batch.by.get_full_name() or batch.by.username

    def page(self, request: Any, shown: Batch) -> dict[str, Any]:
        action = ACTIONS.get((shown.list, shown.action))
        outcomes = outcomes_of(shown)
        counts = {each["state"]: each["many"] for each in outcomes}
        runs = shown.status in Job.UNFINISHED
        undone = Batch.objects.filter(undoes=shown).first()
        mine = shown.by_id == request.user.pk
        return {
            "title": title_of(shown),
            "sentence": sentence_of(shown, many=counts.get(State.CHANGED, 0)),
            "progress": progress_of(shown, at=timezone.now()),
            "outcomes": outcomes,
            "runs": runs,
            "goes_on": runs and not shown.paused_at,
            "mine": mine,
            "failures": self.failures(request, shown),
            "failed": counts.get(State.FAILED, 0),
            "left": counts.get(State.LEFT, 0),
            "undone": undone,
            "may_undo": bool(
                mine
                and not runs
                and not undone
                and not shown.undoes_id
                and action
                and action.undone_by
                and counts.get(State.CHANGED)
            ),
            "list_url": reverse(f"admin:{shown.list.replace('.', '_')}_changelist"),
            "list_title": apps.get_model(shown.list)._meta.verbose_name_plural,
        }

    def failures(self, request: Any, batch: Batch) -> list[dict[str, Any]]:
        """Why, and who; of whom the visitor may not see only the number."""
        rows = list(batch.rows.filter(state=State.FAILED).order_by("pk")[:SHOWN])
        model = apps.get_model(batch.list)
        seen = model._default_manager.visible_to(request.user)
        things = seen.in_bulk([row.number for row in rows])
        name = f"admin:{batch.list.replace('.', '_')}_change"
        return [
            {
                "row": row,
                "thing": things.get(row.number),
                "address": reverse(name, args=[row.number]),
            }
            for row in rows
        ]

    # -- what is done with them

    def get_urls(self) -> list:
        at = beside(self)
        return [
            at("begin/", require_POST(self.begin_view), "begin"),
            at("progress/", require_safe(self.progress_view), "progress"),
            at("<int:pk>/pause/", require_POST(self.pause_view), "pause"),
            at("<int:pk>/go-on/", require_POST(self.go_on_view), "go_on"),
            at("<int:pk>/stop/", require_POST(self.stop_view), "stop"),
            at("<int:pk>/again/", require_POST(self.again_view), "again"),
            at("<int:pk>/undo/", require_POST(self.undo_view), "undo"),
            *super().get_urls(),
        ]

    def mine(self, request: Any, pk: int) -> Batch:
        """Only whoever had it done goes on with it."""
        return get_object_or_404(Batch, by=request.user, pk=pk)

    def begin_view(self, request: Any) -> HttpResponse:
        """The rows that are ticked, or all that the list shows under its filters."""
        told = request.POST
        list_name, name = told.get("list", ""), told.get("action", "")
        action = ACTIONS.get((list_name, name))
        door = self.door_of(request, list_name)
        if action is None or action.do is None:
            raise Http404
        query = told.get("query", "")[:2_000]
        address = reverse(f"admin:{list_name.replace('.', '_')}_changelist")
        back = way_back(request, f"{address}?{query}" if query else address)
        with shows_refusals(request):
            made = verbs.begin(
                action=action,
                numbers=self.chosen(request, door, query),
                options=action.chosen(told, request.user) if action.chosen else {},
                by=request.user,
                at=timezone.now(),
            )
            return self.work_or_watch(request, made, back)
        return back

    def door_of(self, request: Any, list_name: str) -> ActsOnMany:
        for model, door in self.admin_site._registry.items():
            if model._meta.label_lower == list_name and isinstance(door, ActsOnMany):
                if not door.has_view_permission(request):
                    raise PermissionDenied
                return door
        raise Http404

    def chosen(self, request: Any, door: Any, query: str) -> list[int]:
        if request.POST.get("all"):
            rows = door.listed(request, QueryDict(query))
        else:
            told = [whole_number(n) for n in request.POST.getlist("n")[: verbs.AT_ONCE]]
            rows = door.get_queryset(request).filter(pk__in=[n for n in told if n])
        return list(rows.order_by().values_list("pk", flat=True)[: verbs.MOST + 1])

    def work_or_watch(
        self, request: Any, made: Batch, back: HttpResponse
    ) -> HttpResponse:
        """A few are done at once; then a line says so, and offers to undo it."""
        if verbs.is_small(made):
            made.work_off()
            made.refresh_from_db()
        counts = {each["state"]: each["many"] for each in outcomes_of(made)}
        runs = made.status in Job.UNFINISHED
        if counts.get(State.FAILED) or (runs and not verbs.is_small(made)):
            return redirect("admin:lists_batch_change", made.pk)
        if runs:
            words = {"many": f"{made.total:,}"}
            messages.info(
                request,
                gettext(
                    "WeCom is being asked about %(many)s; what becomes of them stands "
                    "under Batches."
                )
                % words,
            )
            return back
        if made.status != Job.Status.DONE:
            return redirect("admin:lists_batch_change", made.pk)
        changed = counts.get(State.CHANGED, 0)
        may_undo = changed and not made.undoes_id
        messages.success(
            request,
            sentence_of(made, many=changed)
            if changed
            else gettext("Nothing to do: it was so already."),
            extra_tags=f"undo:{made.pk}" if may_undo else "",
        )
        return back

    def pause_view(self, request: Any, pk: int) -> HttpResponse:
        with shows_refusals(request):
            verbs.pause(batch=self.mine(request, pk), at=timezone.now())
        return redirect("admin:lists_batch_change", pk)

    def go_on_view(self, request: Any, pk: int) -> HttpResponse:
        with shows_refusals(request):
            verbs.go_on(batch=self.mine(request, pk), at=timezone.now())
        return redirect("admin:lists_batch_change", pk)

    def stop_view(self, request: Any, pk: int) -> HttpResponse:
        with shows_refusals(request):
            verbs.stop(batch=self.mine(request, pk), at=timezone.now())
            stopped = self.mine(request, pk)
            words = {"done": f"{stopped.done:,}", "total": f"{stopped.total:,}"}
            messages.success(
                request, gettext("Stopped: %(done)s of %(total)s were done.") % words
            )
        return redirect("admin:lists_batch_change", pk)

    def again_view(self, request: Any, pk: int) -> HttpResponse:
        states = [State.LEFT] if request.POST.get("left") else [State.FAILED]
        with shows_refusals(request):
            verbs.again(batch=self.mine(request, pk), states=states, at=timezone.now())
        return redirect("admin:lists_batch_change", pk)

    def undo_view(self, request: Any, pk: int) -> HttpResponse:
        batch = self.mine(request, pk)
        page = way_back(request, reverse("admin:lists_batch_change", args=[pk]))
        with shows_refusals(request):
            made = verbs.undo(batch=batch, by=request.user, at=timezone.now())
            return self.work_or_watch(request, made, page)
        return page

    def progress_view(self, request: Any) -> JsonResponse:
        number = whole_number(request.GET.get("batch", "")) or 0
        shown = self.get_queryset(request).filter(pk=number).first()
        if shown is None:
            raise Http404
        told = progress_of(shown, at=timezone.now())
        return JsonResponse(told, headers={"Cache-Control": "no-store"})


def way_back(request: Any, otherwise: str) -> HttpResponse:
    """To the page of ours from which it was asked for."""
    back = request.POST.get("back", "")
    is_ours = back.startswith(reverse("admin:index"))
    if is_ours and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect(otherwise)
