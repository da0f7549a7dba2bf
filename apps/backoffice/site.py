"""The admin site: its name, its looks, and the pages that belong to no app."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from apps.backoffice import wecom_login
from apps.backoffice.health import broker_answers
from apps.backoffice.looks import COLOURS
from apps.backoffice.navigation import sections
from apps.backoffice.palette import find, opened_lately
from apps.backoffice.pulse import at_work, pulse, signs
from apps.backoffice.views import changes, front_page, troubles_now
from apps.common.audited import noted
from apps.common.wording import NOTHING
from apps.followups.notices import bell_of
from apps.staff.step_up import mark_fresh
from apps.wecom.login import is_set_up as wecom_is_set_up


class BackofficeSite(UnfoldAdminSite):
    """Unfold's site under our own name."""

    site_title = _("SCRM customer hub")
    site_header = _("SCRM customer hub")
    index_title = _("Today")
    empty_value_display = NOTHING
    site_url = None

    def get_urls(self) -> list:
        own = [
            path("wecom/", require_safe(wecom_login.leave), name="wecom_login"),
            path("wecom/back/", require_safe(wecom_login.come_back), name="wecom_back"),
            path("pulse/", self.admin_view(self.pulse), name="pulse"),
            path("troubles/", self.admin_view(troubles_now), name="troubles"),
            path("changes/<slug:name>/", self.admin_view(self.changes), name="changes"),
        ]
        return own + super().get_urls()

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        page = front_page(request, at=timezone.now())
        return super().index(request, page | (extra_context or {}))

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: Any = None
    ) -> HttpResponse:
        """The sidebar shows all there is; a page for each app would only repeat it."""
        return redirect("admin:index")

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """What the command palette finds, asked for while somebody types."""
        if "recent" in request.GET:
            found = opened_lately(request, request.GET["recent"], site=self)
        else:
            found = find(request, request.GET.get("s", ""), site=self)
        context = {"found": found, "asked": bool(request.GET.get("s", "").strip())}
        return TemplateResponse(request, "unfold/helpers/command_results.html", context)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Whoever comes in by their password has just shown that it is them."""
        by_wecom = {"by_wecom": wecom_is_set_up()}
        answer = super().login(request, by_wecom | (extra_context or {}))
        if request.method == "POST" and answer.status_code == 302:
            mark_fresh(request.session, at=timezone.now())
        return answer

    def password_change(
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        """One's own password, with its row of the audit."""
        with transaction.atomic():
            answer = super().password_change(request, extra_context)
            if request.method == "POST" and answer.status_code == 302:
                noted(request, "password_changed", about=request.user)
        return answer

    def changes(self, request: HttpRequest, name: str) -> HttpResponse:
        return changes(request, name, site=self)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **super().each_context(request),
            "site_title": self.site_title,
            "site_header": self.site_header,
            "site_subheader": _("WeCom contacts and groups"),
            "site_symbol": "hub",
            "site_url": None,
            "site_favicons": [
                Favicon(
                    href=static("backoffice/icon.svg"), rel="icon", type="image/svg+xml"
                )
            ],
            "colors": COLOURS,
            "styles": [static("backoffice/scrm.css")],
            "scripts": [
                static("backoffice/scrm.js"),
                static("backoffice/keys.js"),
                static("backoffice/palette.js"),
            ],
            "sidebar_show_search": True,
        }

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return sections(request, site=self)

    def pulse(self, request: HttpRequest) -> JsonResponse:
        """The line in the header, asked for again every few seconds."""
        now = timezone.now()
        told = pulse(signs(at=now, broker=broker_answers()), at=now)
        answer = {"mood": told.mood, "text": told.text, "reason": told.reason}
        more = {"work": at_work(request, at=now), "bell": bell_of(request)}
        return JsonResponse(answer | more)
