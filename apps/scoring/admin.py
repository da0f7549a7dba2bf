"""What customers are worth: the model, how well it foretells, and its bands."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from apps.common.admin import BigList, ReadOnlyAdmin
from apps.scoring import predict_admin as predict_admin  # registers itself
from apps.scoring import rule_admin as rule_admin  # registers itself
from apps.scoring.models import LifetimeFit
from apps.scoring.worth_page import page_of


@admin.register(LifetimeFit)
class LifetimeFitAdmin(BigList, ReadOnlyAdmin):
    """The last one is shown; an older one has no page."""

    list_display = ()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        return redirect("admin:scoring_lifetimefit_changelist")

    def changelist_view(
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.GET:  # it has no filter
            return redirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What customers are worth"),
            "tells": request.user.sees_everybody,
        }
        if request.user.sees_everybody:
            context |= page_of()
        return TemplateResponse(request, "admin/scoring/worth.html", context)
