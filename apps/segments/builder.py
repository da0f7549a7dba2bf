"""The builder of rules: its page, its count, and why somebody is in or out."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from apps.common.admin import shows_refusals
from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.contacts.models import Contact
from apps.rules.compile import PATIENCE, TooDear, contacts_in, patience, seen_by
from apps.rules.explain import sentence, why
from apps.rules.tree import LONGEST_JSON, NotUnderstood, Wrong, read
from apps.segments import rfm_page
from apps.segments.audiences import audiences_for
from apps.segments.keep import keep
from apps.segments.models import Segment
from apps.segments.rfm import rfm
from apps.segments.rfm_setting import keep_setting
from apps.segments.used import used_by
from apps.segments.words import names_for, suggestions_for, words_for

PEOPLE = 20  # shown while a rule is put together


class Builds(ModelAdmin):
    """What the admin of segments offers to whoever may make some."""

    def may_build(self, request: HttpRequest) -> bool:
        return request.user.has_perm("segments.add_segment")

    def may_keep_rfm(self, request: HttpRequest) -> bool:
        """Segments of everybody mean other people then."""
        user = request.user
        rights = ("orders.view_order", "segments.change_segment")
        return user.sees_everybody and user.has_perms(rights)

    def one(self, request: HttpRequest, pk: int) -> Segment:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Segment, pk=pk)

    def build_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        if not self.may_build(request):
            raise PermissionDenied
        shown = self.one(request, pk) if pk else None
        if shown is not None and not shown.is_rule:
            raise Http404
        told = {
            "name": shown.name if shown else "",
            "folder": shown.folder if shown else "",
            "description": shown.description if shown else "",
            "version": shown.version if shown else "",
        }
        rule = shown.rule if shown else None
        error = ""
        if request.method == "POST":
            told = {name: request.POST.get(name, "")[:400] for name in told}
            try:
                rule = rule_in(request.POST.get("rule", ""))
                kept = keep(
                    rule=rule,
                    name=told["name"],
                    folder=told["folder"],
                    description=told["description"],
                    by=request.user,
                    at=timezone.now(),
                    segment=shown,
                    version=whole_number(told["version"]),
                )
            except Refused as refusal:
                error = str(refusal)
            else:
                return redirect(address_of(kept))
        if rule is None and (known := known_rule(request.GET.get("rule", ""))):
            rule, told["name"] = known, request.GET.get("name", "")[:40]
        audiences = audiences_for(request.user)
        chosen = request.GET.get("audience", "")
        if rule is None:
            for audience in audiences:
                if audience.name == chosen:
                    rule, told["name"] = audience.rule, str(audience.title)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": shown.name if shown else gettext("New segment"),
            "shown": shown,
            "told": told,
            "error": error,
            "audiences": audiences,
            "users": used_by(shown) if shown else [],
            "folders": folders(),
            "suggestions": suggestions_for(request.user),
            "data": {
                "words": words_for(request.user),
                "rule": rule,
                "names": names_for(rule, user=request.user) if rule else {},
                "preview": reverse("admin:segments_segment_preview"),
                "why": reverse("admin:segments_segment_why"),
            },
        }
        return TemplateResponse(request, "admin/segments/segment/build.html", context)

    def rfm_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_build(request) or not request.user.has_perm(
            "orders.view_order"
        ):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "RFM",
            "tells": request.user.sees_everybody,
            "may_keep": self.may_keep_rfm(request),
        }
        if request.user.sees_everybody:
            today = timezone.localdate()
            asked = rfm_page.asked_by(request.GET, today=today)
            try:
                with patience(PATIENCE):
                    context |= rfm_page.page_of(asked)
            except TooDear as refusal:
                context["refused"] = str(refusal)
        return TemplateResponse(request, "admin/segments/segment/rfm.html", context)

    def keep_rfm_view(self, request: HttpRequest) -> HttpResponse:
        """From now on RFM is reckoned as it is shown, under these names."""
        if not self.may_keep_rfm(request):
            raise PermissionDenied
        asked = rfm_page.asked_by(request.POST, today=timezone.localdate())
        with shows_refusals(request):
            with patience(PATIENCE):
                found = rfm(asked)
            keep_setting(
                found=found, names=request.POST, by=request.user, at=timezone.now()
            )
            messages.success(request, gettext("RFM is reckoned like this from now on."))
        return redirect("admin:segments_segment_rfm")

    def preview_view(self, request: HttpRequest) -> JsonResponse:
        """How many, the first of them, and the rule as a sentence."""
        if not self.may_build(request):
            raise PermissionDenied
        now = timezone.now()
        try:
            tree = read(rule_in(request.body), user=request.user)
            found = seen_by(request.user, tree, at=now)
        except NotUnderstood as wrong:
            told = [{"place": w.place, "why": w.why} for w in wrong.wrongs]
            return JsonResponse({"wrongs": told}, status=400)
        except Refused as refusal:
            return JsonResponse({"refused": str(refusal)}, status=400)
        people = contacts_in(found.newest(PEOPLE))
        answer = {
            "many": f"{found.many:,}",
            "at": f"{timezone.localtime(now):%H:%M:%S}",
            "sentence": sentence(tree, user=request.user),
            "people": [
                {
                    "id": contact.pk,
                    "name": str(contact),
                    "more": str(contact.owner or ""),
                    "address": reverse(
                        "admin:contacts_contact_change", args=[contact.pk]
                    ),
                }
                for contact in people
            ],
        }
        return JsonResponse(answer, headers={"Cache-Control": "no-store"})

    def why_view(self, request: HttpRequest) -> HttpResponse:
        """Why a contact is in or out of a rule."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            told = rule_in(request.body)
            number = told.get("contact") if isinstance(told, dict) else None
            rule = told.get("rule") if isinstance(told, dict) else None
            tree = read(rule, user=request.user)
        except Refused as refusal:
            return JsonResponse({"refused": str(refusal)}, status=400)
        seen = Contact.objects.visible_to(request.user)
        contact = seen.filter(pk=whole_number(str(number)) or 0).first()
        if contact is None:
            raise Http404
        part = why(tree, contact.pk, at=timezone.now(), user=request.user)
        context = {"part": part, "contact": contact}
        return TemplateResponse(request, "admin/segments/segment/why.html", context)


def rule_in(told: str | bytes) -> Any:
    """JSON that somebody sent, if it is some."""
    if len(told) > LONGEST_JSON:
        raise NotUnderstood([Wrong("", gettext("The rule is too long."))])
    try:
        return json.loads(told)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood([Wrong("", gettext("This is no rule."))]) from error


def known_rule(told: str) -> Any:
    """A rule that a link brings along; what is none is passed over."""
    try:
        rule = rule_in(told)
        read(rule)
    except NotUnderstood:
        return None
    return rule


def folders() -> list[str]:
    used = Segment.objects.exclude(folder="").order_by("folder")
    return list(used.values_list("folder", flat=True).distinct()[:100])


def address_of(segment: Segment) -> str:
    return reverse("admin:segments_segment_change", args=[segment.pk])
