"""Posters: a list, and the designer with its live preview."""

import base64
from typing import Any
from urllib.parse import quote

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from apps.audit import telling
from apps.campaigns.keep import may_change
from apps.campaigns.models import Campaign
from apps.channels.draw import squares_of, svg_of
from apps.common.addresses import beside
from apps.common.admin import ReadOnlyAdmin
from apps.common.errors import Refused
from apps.common.filters import LONGEST_TERM, whole_number
from apps.common.listing import ListPage
from apps.common.problems import Problem, by_field
from apps.contacts.models import Contact
from apps.posters import audited  # noqa: F401 - says designs in audit rows
from apps.posters.avatars import avatar_of
from apps.posters.bring import bring
from apps.posters.design import (
    ALIGNED,
    HEIGHT,
    LONGEST_TEXT,
    MOST_TEXTS,
    SHAPES,
    SIZES,
    WIDTH,
    WIDTHS,
    NotADesign,
    design_in,
    read,
)
from apps.posters.draw import Sitter
from apps.posters.keep import background_called, keep_poster, poster_for, preview
from apps.posters.models import Background, Poster

DESIGNS = "posters.change_poster"
telling.DEEDS.update(
    {
        "designed_poster": _("designed the poster"),
        "brought_background": _("brought a background for posters"),
    }
)
telling.FIELDS.update({"poster": _("poster")})
PICKS = 10
NO_CODE = "https://work.weixin.qq.com/"  # until the campaign has one
WORDS = {
    "avatar": _("avatar"),
    "name": _("nickname"),
    "code": _("QR code"),
    "text": _("a text"),
}
SHAPE_WORDS = dict(zip(SHAPES, (_("circle"), _("rounded"), _("square")), strict=True))
ALIGN_WORDS = dict(zip(ALIGNED, (_("left"), _("centre"), _("right")), strict=True))
OPEN_CAMPAIGNS = 50


@admin.register(Poster)
class PosterAdmin(ListPage, ReadOnlyAdmin):
    rows_template = "admin/posters/poster/rows.html"
    ordering = ["-changed_at", "-pk"]
    list_select_related = ["campaign", "background"]
    search_fields = ["campaign__name"]
    search_help_text = _("Name of the campaign")
    counted_as = _("%(count)s posters")
    empty_title = _("No poster yet")
    empty_hint = _(
        "A poster carries the name, the avatar and the QR code of whoever takes part "
        "in a campaign. Choose a campaign above and design its poster."
    )
    empty_leads_to = ("admin:campaigns_campaign_changelist", _("Campaigns"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("design", "background__jpeg")

    def found(self, posters: QuerySet, term: str) -> QuerySet:
        return posters.filter(campaign__name__icontains=term)

    def head(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "views_template": "admin/posters/poster/head.html",
            "may_design": may_design(request),
            "without": Campaign.objects.filter(poster=None)
            .exclude(status=Campaign.Status.CLOSED)
            .only("name")[:OPEN_CAMPAIGNS],
        }

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """It is seen where it is designed."""
        poster = self.get_object(request, object_id)
        if poster is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect(address_of(poster.campaign_id))

    def get_urls(self) -> list:
        at = beside(self)
        either = require_http_methods(["GET", "HEAD", "POST"])
        of = "campaign/<int:campaign>/"
        return [
            at(of, either(self.design_view), "design"),
            at(f"{of}preview/", require_POST(self.preview_view), "preview"),
            at(f"{of}background/", require_POST(self.bring_view), "bring"),
            at(f"{of}people/", require_safe(self.people_view), "people"),
            at("background/<str:token>/", require_safe(self.ground_view), "ground"),
            *super().get_urls(),
        ]

    # -- the designer

    def design_view(self, request: HttpRequest, campaign: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = get_object_or_404(
            Campaign.objects.select_related("channel"), pk=campaign
        )
        poster = poster_for(shown)
        told, ground = poster.design, poster.background
        version = poster.version
        problems: list[Problem] = []
        error = ""
        if request.method == "POST":
            refuse_others(request, shown)
            told = design_in(request.POST.get("told", "")) or told
            version = whole_number(request.POST.get("version", "")) or 0
            try:
                token = request.POST.get("background", "")
                ground = background_called(shown, token)
                keep_poster(
                    campaign=shown,
                    told=told,
                    background=token,
                    version=version,
                    by=request.user,
                    at=timezone.now(),
                )
                messages.success(request, _("Saved. Posters are drawn like this now."))
                return redirect(address_of(shown.pk))
            except NotADesign as refusal:
                problems = refusal.problems
                error = gettext("The poster cannot be drawn like this.")
            except Refused as refusal:
                error = str(refusal)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Poster of %s") % shown,
            "campaign": shown,
            "may_design": may_design(request, shown),
            "error": error,
            "version": version,
            "words": WORDS,
            "shapes": SHAPE_WORDS.items(),
            "aligned": ALIGN_WORDS.items(),
            "longest": LONGEST_TEXT,
            "sizes": SIZES,
            "people_url": reverse("admin:posters_poster_people", args=[shown.pk]),
            "data": form_data(shown, told, ground, problems)
            | {"may_design": may_design(request, shown)},
        }
        return TemplateResponse(request, "admin/posters/poster/design.html", context)

    def preview_view(self, request: HttpRequest, campaign: int) -> JsonResponse:
        """Drawn as it stands on the screen; nothing is kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = get_object_or_404(
            Campaign.objects.select_related("channel"), pk=campaign
        )
        asked = design_in(request.body)
        asked = asked if isinstance(asked, dict) else {}
        try:
            ground = background_called(shown, str(asked.get("background") or ""))
            design = read(asked.get("design"), height=height_of(ground))
        except NotADesign as refusal:
            return JsonResponse({"problems": by_field(refusal.problems)})
        except Refused as refusal:
            return JsonResponse({"problems": {"parts": str(refusal)}})
        number = whole_number(str(asked.get("contact") or ""))
        seen = Contact.objects.visible_to(request.user).filter(pk=number or 0)
        contact = seen.first()
        sitter = Sitter(
            name=contact.name if contact else sample_name(),
            code=code_of(shown),
            avatar=avatar_of(contact, at=timezone.now()) if contact else b"",
        )
        jpeg = preview(design=design, background=ground, sitter=sitter)
        picture = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
        return JsonResponse({"problems": {}, "picture": picture})

    def people_view(self, request: HttpRequest, campaign: int) -> JsonResponse:
        """For whom it can be drawn to look at it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not request.user.has_perm("contacts.view_contact"):
            raise PermissionDenied
        term = request.GET.get("term", "").replace("\x00", "").strip()[:LONGEST_TERM]
        seen = Contact.objects.visible_to(request.user)
        found = seen.called(term) if term else seen.order_by("-pk")
        people = found.only("name")[:PICKS]
        results = [{"id": one.pk, "text": str(one), "more": ""} for one in people]
        return JsonResponse({"results": results}, headers={"Cache-Control": "no-store"})

    def bring_view(self, request: HttpRequest, campaign: int) -> JsonResponse:
        """A background; what is wrong with it is told beside the button."""
        shown = get_object_or_404(Campaign, pk=campaign)
        refuse_others(request, shown)
        told = request.FILES.get("file")
        if told is None:
            return JsonResponse({"error": gettext("Choose a file.")}, status=400)
        now = timezone.now()
        try:
            made = bring(campaign=shown, data=told.read(), by=request.user, at=now)
        except Refused as refusal:
            return JsonResponse({"error": str(refusal)}, status=409)
        return JsonResponse(about_ground(made))

    def ground_view(self, request: HttpRequest, token: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        ground = get_object_or_404(Background, token=token)
        return HttpResponse(
            bytes(ground.jpeg),
            content_type="image/jpeg",
            headers={
                "Cache-Control": "private, max-age=86400",
                "Content-Disposition": 'attachment; filename="background.jpg"',
            },
        )


def may_design(request: HttpRequest, campaign: Campaign | None = None) -> bool:
    """Of a campaign: whoever may change it."""
    user = request.user
    if not user.has_perm(DESIGNS):
        return False
    return campaign is None or may_change(campaign, by=user)


def refuse_others(request: HttpRequest, campaign: Campaign) -> None:
    if not may_design(request, campaign):
        raise PermissionDenied


def address_of(campaign: int) -> str:
    return reverse("admin:posters_poster_design", args=[campaign])


def height_of(ground: Background | None) -> int:
    return ground.height if ground else HEIGHT


def code_of(campaign: Campaign) -> str:
    """In place of somebody's own: the campaign's, which leads to the same people."""
    return (campaign.channel.qr_text if campaign.channel else "") or NO_CODE


def sample_name() -> str:
    return gettext("Sample Name")


def form_data(
    campaign: Campaign, told: Any, ground: Background | None, problems: list[Problem]
) -> dict[str, Any]:
    """What the designer's script begins with."""
    square = svg_of(squares_of(code_of(campaign)))
    return {
        "design": told,
        "ground": about_ground(ground) if ground else None,
        "height": HEIGHT,
        "width": WIDTH,
        "widths": WIDTHS,
        "sizes": SIZES,
        "most_texts": MOST_TEXTS,
        "code": f"data:image/svg+xml,{quote(square)}",
        "name": sample_name(),
        "new_text": gettext("New text"),
        "words": {kind: str(words) for kind, words in WORDS.items()},
        "preview": reverse("admin:posters_poster_preview", args=[campaign.pk]),
        "bring": reverse("admin:posters_poster_bring", args=[campaign.pk]),
        "problems": by_field(problems),
    }


def about_ground(ground: Background) -> dict[str, Any]:
    address = reverse("admin:posters_poster_ground", args=[ground.token])
    return {"token": ground.token, "height": ground.height, "address": address}
