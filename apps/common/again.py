"""Doors to try failed jobs again: one, those that are ticked, all of a reason, or all.

Who did it, and how many, is written into the audit, in the same transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST
from unfold.admin import ModelAdmin

from apps.common.addresses import beside
from apps.common.audited import noted
from apps.common.dead_letters import KEY, explained, failed_alike
from apps.common.errors import Expected
from apps.common.jobs import Job
from apps.common.replay import Replayed, replay

TRIED_AGAIN = "tried_again"

AT_ONCE = 1_000  # jobs that one click deals with one by one
REASONS = 20  # that a list offers to choose from
LATELY = 5  # replays that are told before the next one


@contextmanager
def shows_refusals(request: HttpRequest) -> Iterator[None]:
    """What the rules refuse, or the world is not ready for, becomes a red message."""
    try:
        yield
    except Expected as refusal:
        messages.error(request, str(refusal))


class ReasonFilter(admin.SimpleListFilter):
    """Failed jobs by why they have failed; only where failed ones are looked at."""

    title = _("why not done")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if request.GET.get("status__exact") != Job.Status.FAILED:
            return []
        failed = model_admin.model.objects.failed().order_by("-pk")
        found: dict[str, str] = {}
        for job in failed.annotate(reason_key=KEY)[:AT_ONCE]:
            if len(found) < REASONS and job.reason_key not in found:
                found[job.reason_key] = in_one_line(job)
        return list(found.items())

    def queryset(self, request: HttpRequest, jobs: QuerySet) -> QuerySet:
        key = self.value()
        return failed_alike(jobs, key) if key else jobs


def in_one_line(job: Job) -> str:
    found = explained(job)
    if found is None:
        return gettext("no reason was written down")
    return f"{found.title} · {found.code or found.why}"[:60]


class TriesAgain(ModelAdmin):
    """The part of a list of jobs that tries them again.

    `replays` is false where several at once make no sense.
    """

    change_list_template = "admin/common/jobs.html"
    actions = ["try_again_selected"]
    replays = True

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        right = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return request.user.has_perm(right) and self.has_view_permission(request)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_filter(request), ReasonFilter]

    def get_urls(self) -> list:
        at = beside(self)
        both = require_http_methods(["GET", "HEAD", "POST"])
        return [
            at(
                "<path:object_id>/try-again/",
                require_POST(self.try_again_view),
                "try_again",
            ),
            at("replay/", both(self.replay_view), "replay"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        address = self.replay_address(request)
        return super().changelist_view(
            request, {"replay_address": address, **(extra_context or {})}
        )

    def replay_address(self, request: HttpRequest) -> str:
        """Where all failed ones of this list are tried again; empty elsewhere."""
        asked = request.GET.get("status__exact") == Job.Status.FAILED
        if not (asked and self.replays and self.has_try_again_permission(request)):
            return ""
        name = f"{self.opts.app_label}_{self.opts.model_name}_replay"
        reason = request.GET.get("reason", "")
        question = "?" + urlencode({"reason": reason}) if reason else ""
        return reverse(f"admin:{name}") + question

    # -- one

    def try_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_try_again_permission(request):
            raise PermissionDenied
        job = get_object_or_404(self.get_queryset(request), pk=unquote(object_id))
        if job.status == Job.Status.FAILED:
            with shows_refusals(request), transaction.atomic():
                job.try_again(at=timezone.now())
                noted(request, TRIED_AGAIN, about=job)
                messages.success(request, _("It is being tried again."))
        else:
            messages.warning(request, _("Only what has failed can be tried again."))
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        return redirect(reverse(f"admin:{name}", args=[job.pk]))

    # -- those that are ticked

    @admin.action(description=_("Try the selected again"), permissions=["try_again"])
    def try_again_selected(self, request: HttpRequest, jobs: QuerySet) -> None:
        failed = jobs.filter(status=Job.Status.FAILED)
        if self.replays:
            self.tell(request, self.replay(request, failed))
            return
        count = 0
        for job in failed.order_by("pk")[:AT_ONCE]:
            with shows_refusals(request), transaction.atomic():
                job.try_again(at=timezone.now())
                noted(request, TRIED_AGAIN, about=job)
                count += 1
        self.tell(request, Replayed(again=count))

    # -- all, or all of one reason

    def replay_view(self, request: HttpRequest) -> HttpResponse:
        """Says first how many and why; a second click does it."""
        if not self.has_try_again_permission(request):
            raise PermissionDenied
        if not self.replays:
            raise Http404
        failed, key = self.model.objects.failed(), request.GET.get("reason", "")
        if key:
            failed = failed_alike(failed, key)
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        if request.method == "POST":
            self.tell(request, self.replay(request, failed, reason=key))
            return redirect(back)
        example = failed.order_by("-pk").first() if key else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Try all again"),
            "many": failed.count(),
            "explanation": explained(example) if example else None,
            "lately": self.lately(),
            "back": f"{back}?status__exact={Job.Status.FAILED}",
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/common/replay.html", context)

    def replay(
        self, request: HttpRequest, failed: QuerySet, *, reason: str = ""
    ) -> Replayed:
        """Each batch with its own row of the audit, since each is committed itself."""

        def note(pks: list[int]) -> None:
            facts: dict[str, Any] = {"many": len(pks), "numbers": pks[:AT_ONCE]}
            if reason:
                facts["alike"] = reason
            noted(request, TRIED_AGAIN, kind=self.opts.label_lower, after=facts)

        return replay(failed, at=timezone.now(), note=note)

    def tell(self, request: HttpRequest, done: Replayed) -> None:
        if not done.again and not done.skipped:
            messages.warning(request, _("Only what has failed can be tried again."))
            return
        messages.success(request, in_words(done))

    # -- who did it

    def lately(self) -> list[Any]:
        """The last times that several were tried again."""
        several = self.tried_again().filter(about_id=None)
        return list(several.select_related("actor")[:LATELY])

    def last_tried_again(self, job: Job) -> Any:
        """Who had this one tried again last; of those with many others, nothing."""
        one = self.tried_again().filter(about_id=job.pk)
        return one.select_related("actor").first()

    def tried_again(self) -> QuerySet:
        rows = apps.get_model("audit.AuditRow").objects.order_by("-pk")
        return rows.filter(about_kind=self.opts.label_lower, deed=TRIED_AGAIN)


def in_words(done: Replayed) -> str:
    text = ngettext(
        "%(count)s job is being tried again.",
        "%(count)s jobs are being tried again.",
        done.again,
    ) % {"count": f"{done.again:,}"}
    if done.skipped:
        text += ngettext(
            "%(count)s was skipped: the same has been asked again already.",
            "%(count)s were skipped: the same has been asked again already.",
            done.skipped,
        ) % {"count": f"{done.skipped:,}"}
    return text
