"""The page of the learned model, and its buttons."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from apps.audit.telling import DEEDS
from apps.common.addresses import beside
from apps.common.admin import BigList, JobAdmin, ReadOnlyAdmin, shows_refusals
from apps.common.filters import whole_number
from apps.scoring.feature_words import NAMES
from apps.scoring.foretell import ask_for
from apps.scoring.models import Foretelling, Predictor
from apps.scoring.predict import aim, keep_aim, roll_back, use
from apps.scoring.predict_page import page_of

DEEDS.update(
    {
        "model_used": _("put a prediction model into use"),
        "model_asked": _("had a prediction model trained"),
    }
)
PAGE = "admin:scoring_predictor_changelist"


@admin.register(Predictor)
class PredictorAdmin(BigList, ReadOnlyAdmin):
    """One page for all of them; none has a page of its own."""

    list_display = ()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        return redirect(PAGE)

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
            "title": _("What is foretold of contacts"),
            "tells": request.user.sees_everybody,
            "may_change": self.may_change(request),
        }
        if request.user.sees_everybody:
            context |= page_of(at=timezone.now())
        return TemplateResponse(request, "admin/scoring/predict.html", context)

    def may_change(self, request: HttpRequest) -> bool:
        return request.user.sees_everybody and request.user.has_perm(
            "scoring.change_predictor"
        )

    def get_urls(self) -> list:
        at = beside(self)
        return [
            at("train/", require_POST(self.pressed(self.train)), "train"),
            at("reckon/", require_POST(self.pressed(self.reckon)), "reckon"),
            at("roll-back/", require_POST(self.pressed(self.roll_back)), "roll_back"),
            at("use/", require_POST(self.pressed(self.use)), "use"),
            at("aim/", require_POST(self.pressed(self.keep_aim)), "aim"),
            at("leave-out/", require_POST(self.pressed(self.leave_out)), "leave_out"),
            at("believe/", require_POST(self.pressed(self.believe)), "believe"),
            *super().get_urls(),
        ]

    def pressed(self, does: Callable[[HttpRequest], None]) -> Callable:
        def view(request: HttpRequest) -> HttpResponse:
            if not self.may_change(request):
                raise PermissionDenied
            with shows_refusals(request):
                does(request)
            return redirect(PAGE)

        return view

    def train(self, request: HttpRequest) -> None:
        if ask_for(learns=True, at=timezone.now(), by=request.user):
            messages.success(request, _("A model is being trained."))
        else:
            messages.info(request, _("A model is being trained already."))

    def reckon(self, request: HttpRequest) -> None:
        ask_for(learns=False, at=timezone.now(), by=request.user)
        messages.success(request, _("Chances are being reckoned."))

    def roll_back(self, request: HttpRequest) -> None:
        roll_back(by=request.user, at=timezone.now())
        ask_for(learns=False, at=timezone.now())
        messages.success(request, _("The model before is in use again."))

    def use(self, request: HttpRequest) -> None:
        number = whole_number(request.POST.get("model", ""))
        chosen = get_object_or_404(Predictor, pk=number or 0)
        use(predictor=chosen, by=request.user, at=timezone.now())
        ask_for(learns=False, at=timezone.now())
        messages.success(request, _("This model is in use from now on."))

    def keep_aim(self, request: HttpRequest) -> None:
        wanted = aim()
        keep_aim(
            outcome=request.POST.get("outcome", "")[:16],
            days=whole_number(request.POST.get("days", "")) or 0,
            left_out=wanted.left_out,
            believed=wanted.believed,
            by=request.user,
            at=timezone.now(),
        )
        self.train(request)

    def leave_out(self, request: HttpRequest) -> None:
        wanted, name = aim(), feature_in(request)
        left = {*wanted.left_out} ^ {name}  # pressed again, it comes back
        self.keep_features(request, left, {*wanted.believed} - {name})

    def believe(self, request: HttpRequest) -> None:
        wanted, name = aim(), feature_in(request)
        self.keep_features(
            request, {*wanted.left_out} - {name}, {*wanted.believed} ^ {name}
        )

    def keep_features(self, request: HttpRequest, left: set, believed: set) -> None:
        wanted = aim()
        keep_aim(
            outcome=wanted.outcome,
            days=wanted.days,
            left_out=list(left - {""}),
            believed=list(believed - {""}),
            by=request.user,
            at=timezone.now(),
        )
        self.train(request)


def feature_in(request: HttpRequest) -> str:
    """Only what is a feature."""
    name = request.POST.get("feature", "")[:80].replace("\x00", "")
    kind = name.partition(":")[0]
    return name if name in NAMES or kind in ("kinds", "tags", "attributes") else ""


@admin.register(Foretelling)
class ForetellingAdmin(JobAdmin):
    """Runs that went wrong, for those who repair."""

    list_display = ["called", "standing", "created", "why"]
    counted_as = _("%(count)s runs")

    @display(description=_("run of the prediction"))
    def called(self, job: Foretelling) -> str:
        return str(job)
