"""The builder of tag rules: its page, and the rehearsal while one types."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from apps.autotags import keep as verbs
from apps.autotags.models import TagRule
from apps.autotags.rehearse import Rehearsed, rehearse
from apps.autotags.scenes import SCENES, scene_called
from apps.autotags.words import names_in, scenes_for, tag_word
from apps.common.errors import Refused
from apps.common.filters import whole_number
from apps.contacts.models import Contact
from apps.rules.explain import sentence
from apps.rules.shapes import Nonsense, picks
from apps.rules.tree import NotUnderstood, read
from apps.segments.builder import PEOPLE, rule_in
from apps.segments.scenes import NotNarrowedSo
from apps.segments.words import words_for
from apps.staff.models import User

ASKED = ("scene", "narrowed", "rule", "tags")


class Builds(ModelAdmin):
    """What the admin of tag rules offers to whoever may make some."""

    def may_build(self, request: HttpRequest) -> bool:
        """It works on everybody: whoever sees only some makes none."""
        user = request.user
        return user.has_perm("autotags.change_tagrule") and user.sees_everybody

    def one(self, request: HttpRequest, pk: int) -> TagRule:
        if not self.may_build(request):
            raise PermissionDenied
        return get_object_or_404(TagRule, pk=pk)

    def build_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        if not self.may_build(request):
            raise PermissionDenied
        shown = self.one(request, pk) if pk else None
        told: dict[str, Any] = {
            "name": shown.name if shown else "",
            "version": str(shown.version) if shown else "",
            "scene": shown.scene if shown else request.GET.get("scene", "follow"),
            "narrowed": shown.narrowed if shown else {},
            "rule": shown.rule if shown else None,
            "tags": [p.tag_id for p in shown.puts_on.order_by("pk")] if shown else [],
        }
        error = ""
        if request.method == "POST":
            try:
                told |= asked_for(rule_in(request.POST.get("told", "")))
                told["name"] = request.POST.get("name", "")[:200]
                version = request.POST.get("version", "")
                kept = verbs.keep(
                    **{name: told[name] for name in ("name", *ASKED)},
                    by=request.user,
                    at=timezone.now(),
                    kept=shown,
                    version=whole_number(version),
                )
            except Refused as refusal:
                error = str(refusal)
            else:
                return redirect(address_of(kept))
        if told["scene"] not in SCENES:
            told["scene"] = "follow"
        rule = told["rule"]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": shown.name if shown else gettext("New rule"),
            "shown": shown,
            "told": told,
            "error": error,
            "data": {
                "words": words_for(request.user),
                "rule": rule,
                "names": names_in(told, user=request.user),
                "scenes": scenes_for(),
                "tags": tag_word(),
                "told": {n: told[n] for n in ("scene", "narrowed", "tags")},
                "preview": reverse("admin:autotags_tagrule_rehearse"),
                "why": reverse("admin:segments_segment_why"),
            },
        }
        return TemplateResponse(request, "admin/autotags/tagrule/build.html", context)

    def rehearse_view(self, request: HttpRequest) -> JsonResponse:
        """Whom it would have hit; nothing is kept."""
        if not self.may_build(request):
            raise PermissionDenied
        now = timezone.now()
        try:
            asked = asked_for(rule_in(request.body))
            scene = scene_called(asked["scene"])
            narrowed = scene.read(asked["narrowed"])
            rule = asked["rule"]
            node = read(rule, user=request.user) if rule else None
            found = rehearse(
                scene=scene,
                narrowed=narrowed,
                node=node,
                tags=asked["tags"],
                user=request.user,
                at=now,
            )
        except NotUnderstood as wrong:
            told = [{"place": w.place, "why": w.why} for w in wrong.wrongs]
            return JsonResponse({"wrongs": told}, status=400)
        except Refused as refusal:
            return JsonResponse({"refused": str(refusal)}, status=400)
        said = scene.sentence(narrowed)
        if node is not None:
            conditions = sentence(node, user=request.user)
            said = gettext("%(scene)s, and %(rule)s") % {
                "scene": said,
                "rule": conditions,
            }
        answer = {
            "many": f"{found.people:,}",
            "at": f"{timezone.localtime(now):%H:%M:%S}",
            "sentence": said,
            "note": note_of(found),
            "people": people_of(found, user=request.user),
        }
        return JsonResponse(answer, headers={"Cache-Control": "no-store"})


def asked_for(told: Any) -> dict[str, Any]:
    """What the builder sends, in its parts."""
    if not isinstance(told, dict) or told.keys() - {*ASKED}:
        raise NotNarrowedSo
    tags = told.get("tags") or []
    try:
        chosen = picks(tags) if tags else ()
    except Nonsense as nonsense:
        raise verbs.NoTagChosen from nonsense
    return {
        "scene": told.get("scene"),
        "narrowed": told.get("narrowed") or {},
        "rule": told.get("rule"),
        "tags": list(chosen),
    }


def note_of(found: Rehearsed) -> str:
    words = {"times": f"{found.times:,}", "carry": f"{found.carry:,}"}
    said = gettext("%(times)s times; %(carry)s carry all the tags already.") % words
    if found.is_cut:
        said += gettext("Only the latest 100,000 events were looked through.")
    return said


def people_of(found: Rehearsed, *, user: User) -> list[dict[str, Any]]:
    newest = {each.contact_id: each for each in found.newest[:PEOPLE]}
    people = Contact.objects.visible_to(user).in_bulk(newest)
    return [
        {
            "id": pk,
            "name": str(people[pk]),
            "more": f"{timezone.localtime(each.at):%m-%d %H:%M}",
            "address": reverse("admin:contacts_contact_change", args=[pk]),
        }
        for pk, each in newest.items()
        if pk in people
    ]


def address_of(rule: TagRule) -> str:
    return reverse("admin:autotags_tagrule_change", args=[rule.pk])
