"""Inbox and outbox to read; failed rows to try again; unknown outcomes to decide."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import display

from apps.common.addresses import of_one
from apps.common.admin import JobAdmin, ago_column
from apps.common.again import AT_ONCE, shows_refusals
from apps.common.audited import noted
from apps.common.jobs import Job
from apps.common.wording import span
from apps.wecom.decide import send_now, was_sent
from apps.wecom.errcodes import explain
from apps.wecom.in_words import (
    KINDS,
    call_in_words,
    kind_in_words,
    printed,
    subject_in_words,
)
from apps.wecom.models import Callback, Command

WAS_SENT = _("Written down as sent.")
IS_SENT_NOW = _("It is being sent now.")
DECIDED: dict[Callable[..., None], str] = {was_sent: "was_sent", send_now: "sent_now"}


class KindFilter(admin.SimpleListFilter):
    """The kinds of callbacks, in words."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("/".join(kind), words) for kind, words in KINDS.items()]

    def queryset(self, request: HttpRequest, callbacks: QuerySet) -> QuerySet:
        event, slash, change = (self.value() or "").partition("/")
        return callbacks.filter(event=event, change_type=change) if slash else callbacks


class ErrorCodeFilter(admin.SimpleListFilter):
    """Commands that WeCom refused, by code: ?errcode=84061."""

    title = _("error code")
    parameter_name = "errcode"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        unfinished = Job.Status.FAILED, *Job.UNFINISHED
        codes = (
            Command.objects.filter(status__in=unfinished, errcode__isnull=False)
            .exclude(errcode=0)
            .order_by("errcode")
            .values_list("errcode", flat=True)
            .distinct()
        )
        return [(str(code), f"{code} {explain(code).cause}") for code in codes[:50]]

    def queryset(self, request: HttpRequest, commands: QuerySet) -> QuerySet:
        try:
            return commands.filter(errcode=int(self.value() or ""))
        except ValueError:
            return commands


@admin.register(Callback)
class CallbackAdmin(JobAdmin):
    list_display = ["kind", "about", "standing", "received", "lag", "why"]
    list_filter = ["status", KindFilter, "lane", "receiver"]
    search_fields = ["subject"]
    search_help_text = _("Id of a contact, group, tag or account in WeCom")
    counted_as = _("%(count)s callbacks")
    empty_title = _("No callback has come yet")
    empty_hint = _(
        "WeCom tells here what changes. Enter our callback address in WeCom's admin "
        "console; until something comes, a pull brings everything."
    )

    received = ago_column("received_at", _("received at"))

    @display(description=_("what happened"))
    def kind(self, callback: Callback) -> str:
        detail = callback.message.get("UpdateDetail", "")
        return kind_in_words(callback.event, callback.change_type, detail)

    @display(description=_("about"))
    def about(self, callback: Callback) -> str:
        kind, name = subject_in_words(callback.subject)
        context = {"kind": kind, "name": name}
        return render_to_string("admin/wecom/callback/subject.html", context)

    @display(description=_("came after"))
    def lag(self, callback: Callback) -> str:
        context = {
            "lag": callback.received_at - callback.told_at,
            "late": callback.is_late,
        }
        return render_to_string("admin/wecom/callback/lag.html", context)

    def get_search_results(
        self, request: HttpRequest, callbacks: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        """By the whole id, which an index finds; any kind of thing may bear it."""
        if term := term.strip():
            kinds = ("contact", "chat", "employee", "department")
            subjects = [f"{kind}:{term}" for kind in kinds]
            subjects += [f"employee:{term.lower()}", term]
            callbacks = callbacks.filter(subject__in=subjects)
        return callbacks, False

    def what(self, callback: Callback) -> str:
        return self.kind(callback)

    def facts(self, request: HttpRequest, callback: Callback) -> list[tuple[Any, Any]]:
        passed = callback.received_at - callback.told_at
        return [
            (_("what happened"), self.kind(callback)),
            (_("about"), self.about(callback)),
            (_("happened at"), callback.told_at),
            (_("received at"), callback.received_at),
            (_("came after"), self.lag(callback) if callback.is_late else span(passed)),
            (_("done at"), callback.done_at),
            (_("took"), self.took(callback)),
            (_("receiver"), callback.get_receiver_display()),
            (_("lane"), callback.get_lane_display()),
            (_("attempts"), callback.attempts),
        ]

    def papers(self, callback: Callback) -> list[tuple[Any, Any]]:
        return [(_("The message, as WeCom sent it"), printed(callback.message))]


@admin.register(Command)
class CommandAdmin(JobAdmin):
    page_template = "admin/wecom/command/page.html"
    actions = ["try_again_selected", "was_sent_selected", "send_now_selected"]
    list_display = ["in_words", "standing", "created", "called", "code", "why"]
    list_filter = ["status", ErrorCodeFilter, "lane"]
    counted_as = _("%(count)s commands")
    empty_title = _("No command yet")
    empty_hint = _(
        "What we read from WeCom or tell it beside a pull stands here, with what "
        "became of it."
    )

    called = ago_column("called_at", _("called at"))

    @display(description=_("what we ask"))
    def in_words(self, command: Command) -> str:
        return call_in_words(command.call)

    @display(description=_("error code"))
    def code(self, command: Command) -> int | None:
        return command.errcode or None

    def what(self, command: Command) -> str:
        return call_in_words(command.call)

    def reason(self, command: Command) -> str:
        if command.errcode and command.status != Job.Status.DONE:
            return explain(command.errcode).cause
        return super().reason(command)

    def facts(self, request: HttpRequest, command: Command) -> list[tuple[Any, Any]]:
        return [
            (_("what we ask"), call_in_words(command.call)),
            (_("call"), command.call),
            (_("created at"), command.created_at),
            (_("called at"), command.called_at),
            (_("done at"), command.done_at),
            (_("expires at"), command.expires_at),
            (_("error code"), command.errcode),
            (_("lane"), command.get_lane_display()),
            (_("attempts"), command.attempts),
        ]

    def papers(self, command: Command) -> list[tuple[Any, Any]]:
        papers = [(_("What we ask with"), printed(command.arguments))]
        if command.result:
            papers.append((_("What WeCom answered"), printed(command.result)))
        return papers

    def page(self, request: HttpRequest, shown: Command) -> dict[str, Any]:
        page = super().page(request, shown)
        page["may_decide"] = (
            shown.status == Job.Status.UNKNOWN and self.has_decide_permission(request)
        )
        if shown.errcode and shown.status != Job.Status.DONE:
            page["remedy"] = explain(shown.errcode).remedy
        return page

    # -- decide what was of unknown outcome

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("wecom.change_command")

    def get_urls(self) -> list:
        at = of_one(self)
        return [
            at("was-sent", require_POST(self.was_sent_view), "was_sent"),
            at("send-now", require_POST(self.send_now_view), "send_now"),
            *super().get_urls(),
        ]

    def was_sent_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.decide_one(request, pk, was_sent, WAS_SENT)

    def send_now_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.decide_one(request, pk, send_now, IS_SENT_NOW)

    def decide_one(
        self, request: HttpRequest, pk: int, decide: Callable[..., None], done: Any
    ) -> HttpResponse:
        if not self.has_decide_permission(request):
            raise PermissionDenied
        command = get_object_or_404(Command, pk=pk)
        with shows_refusals(request), transaction.atomic():
            decide(command=command, at=timezone.now())
            noted(request, DECIDED[decide], about=command)
            messages.success(request, done)
        return redirect(reverse("admin:wecom_command_change", args=[pk]))

    @admin.action(description=_("The selected were sent"), permissions=["decide"])
    def was_sent_selected(self, request: HttpRequest, commands: QuerySet) -> None:
        if count := self.decide_selected(request, commands, was_sent):
            text = ngettext(
                "%(count)d command is written down as sent.",
                "%(count)d commands are written down as sent.",
                count,
            )
            messages.success(request, text % {"count": count})

    @admin.action(description=_("Send the selected now"), permissions=["decide"])
    def send_now_selected(self, request: HttpRequest, commands: QuerySet) -> None:
        if count := self.decide_selected(request, commands, send_now):
            text = ngettext(
                "%(count)d command is being sent now.",
                "%(count)d commands are being sent now.",
                count,
            )
            messages.success(request, text % {"count": count})

    def decide_selected(
        self,
        request: HttpRequest,
        commands: QuerySet,
        decide: Callable[..., None],
    ) -> int:
        """How many were decided; each is noted by itself."""
        unknown = commands.filter(status=Job.Status.UNKNOWN).order_by("pk")[:AT_ONCE]
        count = 0
        for command in unknown:
            with shows_refusals(request), transaction.atomic():
                decide(command=command, at=timezone.now())
                noted(request, DECIDED[decide], about=command)
                count += 1
        if not unknown:
            text = _("Only what has an unknown outcome needs a decision.")
            messages.warning(request, text)
        return count
