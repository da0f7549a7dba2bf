"""The fields a company keeps of its contacts: defined here, archived, never deleted."""

from typing import Any

from django import forms
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
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from apps.common.addresses import of_one
from apps.common.admin import BigList
from apps.common.audited import noted
from apps.contacts.attribute_models import Attribute, AttributeChoice
from apps.contacts.attributes import HoldsValues, archive, refuse_another_type

FACE_COLOURS = {
    Attribute.Face.BASIC: "info",
    Attribute.Face.SUBJECTIVE: "warning",
    Attribute.Face.TRADE: "success",
}


class ShownFilter(admin.SimpleListFilter):
    """Those in use, unless archived ones are asked for."""

    title = _("shown")
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("archived")), ("all", _("all, also archived ones"))]

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        if self.value() == "all":
            return rows
        return rows.filter(archived_at__isnull=self.value() != "1")

    def choices(self, changes: Any) -> Any:
        first, *others = super().choices(changes)
        return [{**first, "display": _("those in use")}, *others]


class AttributeForm(forms.ModelForm):
    class Meta:
        model = Attribute
        fields = (
            "name",
            "face",
            "type",
            "purpose",
            "origin",
            "fresh_days",
            "tells_city",
            "position",
        )

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        others = Attribute.objects.in_use().filter(name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a field with this name already."))
        return name

    def clean_type(self) -> str:
        """Inside the transaction that saves the form: it is locked until then."""
        wanted = self.cleaned_data["type"]
        if self.instance.pk and wanted != self.initial["type"]:
            try:
                refuse_another_type(self.instance)
            except HoldsValues as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return wanted

    def clean_tells_city(self) -> bool:
        wanted = self.cleaned_data["tells_city"]
        if wanted and self.cleaned_data.get("type") not in Attribute.NAMES_ONE_THING:
            raise forms.ValidationError(
                _("Only a text, or one of several, can say the city.")
            )
        return wanted


class ChoiceInline(TabularInline):
    model = AttributeChoice
    fields = ("name", "position", "archived")
    extra = 0
    can_delete = False
    verbose_name_plural = _("choices (for the types that choose)")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("contacts.change_attribute")

    has_change_permission = has_view_permission = has_add_permission


@admin.register(Attribute)
class AttributeAdmin(BigList, ModelAdmin):
    form = AttributeForm
    inlines = [ChoiceInline]
    change_form_template = "admin/contacts/attribute/change_form.html"
    list_display = ["called", "of_face", "of_type", "purpose", "origin", "fresh"]
    list_filter = [ShownFilter, "face", "type"]
    ordering = ["face", "position", "pk"]
    counted_as = _("%(count)s fields")
    empty_title = _("No field yet")
    empty_hint = _(
        "Keep what your company wants to know of its contacts: add a field, and it "
        "stands on every contact's page, in the filters and in imports."
    )
    fieldsets = [
        (None, {"fields": ["name", "face", "type", "tells_city"]}),
        (_("What for"), {"fields": ["purpose", "origin", "fresh_days", "position"]}),
    ]

    @display(description=_("field"), ordering="name")
    def called(self, attribute: Attribute) -> str:
        more = _("archived") if attribute.archived_at else ""
        context = {"name": attribute.name, "more": more}
        return render_to_string("admin/common/person.html", context)

    @display(description=_("face"), label=FACE_COLOURS)
    def of_face(self, attribute: Attribute) -> tuple[str, str]:
        return attribute.face, attribute.get_face_display()

    @display(description=_("type"))
    def of_type(self, attribute: Attribute) -> str:
        return attribute.get_type_display()

    @display(description=_("stays fresh for (days)"))
    def fresh(self, attribute: Attribute) -> Any:
        return attribute.fresh_days or _("for ever")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list:
        archive = of_one(self)("archive", require_POST(self.archive_view), "archive")
        return [archive, *super().get_urls()]

    def archive_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        attribute = get_object_or_404(Attribute, pk=pk)
        with transaction.atomic():
            archive(attribute=attribute, at=timezone.now())
            noted(request, "archived", about=attribute)
        messages.success(request, _("Archived. What it holds is kept."))
        return redirect(reverse("admin:contacts_attribute_changelist"))
