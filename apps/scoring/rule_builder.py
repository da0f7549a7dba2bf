"""The builder of score rules: its page, and how many it would concern."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.contacts.models import Contact
from apps.rules.compile import PATIENCE, contacts_in, patience, seen_by
from apps.rules.explain import sentence
from apps.rules.tree import NotUnderstood, read
from apps.scoring import keep as verbs
from apps.scoring.models import Axis, ScoreRule
from apps.scoring.rule_form import (
    COUNTS,
    filled,
    groups,
    names_in,
    said_in,
    scene_words,
    told_in,
)
from apps.scoring.scenes import EARNING, scene_called
from apps.segments.builder import PEOPLE, rule_in
from apps.segments.scenes import NotNarrowedSo
from apps.segments.words import words_for

DAYS = 30


class Builds(ModelAdmin):
    """What the admin of score rules offers to whoever may make some."""

    def may_build(self, request: HttpRequest) -> bool:
        """Rules score everybody: whoever sees only some makes none."""
        user = request.user
        return user.has_perm("scoring.change_scorerule") and user.sees_everybody

    def must_build(self, request: HttpRequest) -> None:
        if not self.may_build(request):
            raise PermissionDenied

    def one(self, request: HttpRequest, pk: int) -> ScoreRule:
        self.must_build(request)
        return get_object_or_404(ScoreRule, pk=pk)

    def build_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        self.must_build(request)
        shown = self.one(request, pk) if pk else None
        versions = shown.versions.select_related("group", "rule") if shown else None
        version = versions.order_by("-number").first() if versions else None
        told: dict[str, Any] = {
            "scene": version.scene if version else "behaviour",
            "narrowed": version.narrowed if version else {},
            "rule": version.conditions if version else None,
        }
        form, error = None, ""
        if request.method == "POST":
            form = request.POST
            told |= {name: v for name, v in told_in(form).items() if name in told}
            try:
                verbs.keep(
                    said=said_in(form),
                    by=request.user,
                    at=timezone.now(),
                    rule=shown,
                    version=whole_number(form.get("version", "")),
                )
            except Refused as refusal:
                error = str(refusal)
            else:
                return redirect("admin:scoring_scorerule_drafts")
        if told["scene"] not in EARNING:
            told["scene"] = ""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(shown) if shown else gettext("New rule"),
            "shown": shown,
            "version": version.number if version else "",
            "told": filled(form, version),
            "counts": COUNTS,
            "axes": Axis.choices,
            "groups": groups(),
            "error": error,
            "data": {
                "words": words_for(request.user),
                "rule": told["rule"],
                "names": names_in(
                    told["scene"], told["narrowed"], told["rule"], user=request.user
                ),
                "scenes": scene_words(),
                "told": {"scene": told["scene"], "narrowed": told["narrowed"]},
                "preview": reverse("admin:scoring_scorerule_count"),
                "why": reverse("admin:segments_segment_why"),
            },
        }
        return TemplateResponse(request, "admin/scoring/scorerule/build.html", context)

    def count_view(self, request: HttpRequest) -> JsonResponse:
        """Whom it would concern; nothing is kept."""
        self.must_build(request)
        try:
            asked = rule_in(request.body)
            if not isinstance(asked, dict):
                raise NotNarrowedSo
            if asked.get("scene"):
                answer = happened_to(asked)
            else:
                answer = described(asked, request)
        except NotUnderstood as wrong:
            told = [{"place": w.place, "why": w.why} for w in wrong.wrongs]
            return JsonResponse({"wrongs": told}, status=400)
        except Refused as refusal:
            return JsonResponse({"refused": str(refusal)}, status=400)
        answer["at"] = f"{timezone.localtime(timezone.now()):%H:%M:%S}"
        return JsonResponse(answer, headers={"Cache-Control": "no-store"})


def happened_to(asked: dict[str, Any]) -> dict[str, Any]:
    scene = scene_called(asked["scene"])
    narrowed = scene.read(asked.get("narrowed") or {})
    with patience(PATIENCE):
        found = scene.happened(narrowed, since=timezone.now() - timedelta(days=DAYS))
    last = {each.contact_id: each for each in reversed(found)}
    people = Contact.objects.current().in_bulk(list(last)[-PEOPLE:])
    note = gettext("It happened %(times)s times in the last 30 days, to so many.")
    return {
        "many": f"{len(last):,}",
        "sentence": scene.sentence(narrowed),
        "note": note % {"times": f"{len(found):,}"},
        "people": [
            person(pk, people[pk], f"{timezone.localtime(last[pk].at):%m-%d %H:%M}")
            for pk in reversed(last)
            if pk in people
        ],
    }


def described(asked: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    node = read(asked.get("rule"), user=request.user)
    found = seen_by(request.user, node, at=timezone.now())
    return {
        "many": f"{found.many:,}",
        "sentence": sentence(node, user=request.user),
        "note": gettext("So many fit now; they have the points as long as they do."),
        "people": [
            person(contact.pk, contact, str(contact.owner or ""))
            for contact in contacts_in(found.newest(PEOPLE))
        ],
    }


def person(pk: int, contact: Contact, more: str) -> dict[str, Any]:
    address = reverse("admin:contacts_contact_change", args=[pk])
    return {"id": pk, "name": str(contact), "more": more, "address": address}
