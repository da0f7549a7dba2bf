"""Tag rules: the list, the page of one with its hits, the builder and its rehearsal."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.audit import telling
from apps.autotags import keep as verbs
from apps.autotags.builder import Builds, address_of
from apps.autotags.hits_page import page_of_hits
from apps.autotags.models import Hit, RuleTag, TagRule
from apps.autotags.put_on import try_again
from apps.autotags.rehearse import DAYS
from apps.autotags.scenes import SCENES, scene_called
from apps.common.addresses import beside
from apps.common.admin import ReadOnlyAdmin, shows_refusals
from apps.common.filters import Choice
from apps.common.listing import ListPage
from apps.lists.batch import is_small
from apps.rules.explain import sentence
from apps.rules.tree import NotUnderstood, read
from apps.segments.scenes import NoSuchScene, NotNarrowedSo

telling.FIELDS.update(
    {
        "scene": _("scene"),
        "narrowed": _("only"),
        "rule": _("conditions"),
        "is_on": _("switched on"),
    }
)
EDITED = ["GET", "HEAD", "POST"]


class OnFilter(Choice):
    title = _("switched on")
    parameter_name = "on"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("on")), ("no", _("off"))]

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        return rows.filter(on_since__isnull=value == "no")


class SceneFilter(Choice):
    title = _("scene")
    parameter_name = "scene"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(scene.name, scene.title) for scene in SCENES.values()]


@admin.register(TagRule)
class TagRuleAdmin(Builds, ListPage, ReadOnlyAdmin):
    page_template = "admin/autotags/tagrule/page.html"
    rows_template = "admin/autotags/tagrule/rows.html"
    list_filter = [OnFilter, SceneFilter]
    list_select_related = ["owner"]
    ordering = ["name"]
    search_fields = ["name"]
    search_help_text = _("Name of the rule")
    counted_as = _("%(count)s tag rules")
    empty_title = _("No tag rule yet")
    empty_hint = _(
        "A rule puts tags on by itself: on whoever is added by a channel, joins a "
        "group, buys, or comes into a segment. Before it is switched on it tells whom "
        "it would have hit in the last 30 days."
    )

    # -- the list

    def found(self, rows: QuerySet, term: str) -> QuerySet:
        return rows.filter(name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        may_build = self.may_build(request)
        build_url = reverse("admin:autotags_tagrule_build")
        return {
            "may_build": may_build,
            "build_url": build_url,
            "empty_url": build_url if may_build else "",
            "empty_does": _("New rule"),
            "views_template": "admin/autotags/tagrule/head.html",
        }

    def rows(self, request: HttpRequest, found: list[TagRule]) -> list[dict[str, Any]]:
        """Hits are counted for those who see everybody."""
        since = timezone.now() - timedelta(days=DAYS)
        hits = Hit.objects.filter(rule__in=found, hit_at__gte=since).order_by()
        counted: dict[int, tuple[int, Any]] = {}
        if request.user.sees_everybody:
            told = hits.values_list("rule").annotate(
                many=Count("contact", distinct=True), last=Max("hit_at")
            )
            counted = {rule: (many, last) for rule, many, last in told}
        put = RuleTag.objects.filter(rule__in=found).select_related("tag")
        tags: dict[int, list[Any]] = {}
        for each in put.order_by("pk"):
            tags.setdefault(each.rule_id, []).append(each.tag)
        return [
            {
                "rule": rule,
                "scene": SCENES[rule.scene].title if rule.scene in SCENES else "",
                "tags": tags.get(rule.pk, []),
                "hits": counted.get(rule.pk, (0, None)),
                "tells": request.user.sees_everybody,
            }
            for rule in found
        ]

    # -- the page

    def page(self, request: HttpRequest, shown: TagRule) -> dict[str, Any]:
        told: dict[str, Any] = {
            "tags": [p.tag for p in shown.puts_on.select_related("tag__group")],
            "may_build": self.may_build(request),
            **page_of_hits(
                shown, user=request.user, before=request.GET.get("before", "")
            ),
        }
        try:
            scene = scene_called(shown.scene)
            told["scene"] = scene.sentence(scene.read(shown.narrowed))
            if shown.rule:
                told["sentence"] = sentence(read(shown.rule), user=request.user)
        except (NotUnderstood, NotNarrowedSo, NoSuchScene) as wrong:
            told["broken"] = str(wrong)
        return told

    def get_urls(self) -> list:
        at = beside(self)
        build = require_http_methods(EDITED)(self.build_view)
        return [
            at("build/", build, "build"),
            at("<int:pk>/build/", build, "rebuild"),
            at("rehearse/", require_POST(self.rehearse_view), "rehearse"),
            at("<int:pk>/switch/", require_POST(self.switch_view), "switch"),
            at("<int:pk>/again/", require_POST(self.again_view), "again"),
            at("<int:pk>/take-back/", require_POST(self.take_back_view), "take_back"),
            at("<int:pk>/remove/", require_POST(self.remove_view), "remove"),
            *super().get_urls(),
        ]

    # -- what is done with one

    def switch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self.one(request, pk)
        on = request.POST.get("on") == "yes"
        with shows_refusals(request):
            verbs.switch(rule=rule, on=on, by=request.user, at=timezone.now())
            said = _("It looks at what happens from now on.") if on else _("It is off.")
            messages.success(request, said)
        return redirect(address_of(rule))

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self.one(request, pk)
        with shows_refusals(request):
            many = try_again(rule=rule, by=request.user, at=timezone.now())
            messages.success(request, _("%d are tried once more.") % many)
        return redirect(address_of(rule))

    def take_back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self.one(request, pk)
        with shows_refusals(request):
            made = verbs.take_back(rule=rule, by=request.user, at=timezone.now())
            for batch in made:
                if is_small(batch):
                    batch.work_off()
            messages.success(
                request, _("It is off, and what it put on is being taken off.")
            )
            return redirect("admin:lists_batch_change", made[0].pk)
        return redirect(address_of(rule))

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self.one(request, pk)
        with shows_refusals(request):
            verbs.remove(rule=rule, by=request.user, at=timezone.now())
            messages.success(request, _("The rule is gone; the tags stay."))
            return redirect("admin:autotags_tagrule_changelist")
        return redirect(address_of(rule))
