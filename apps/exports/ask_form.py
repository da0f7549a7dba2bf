"""The form that asks for an export: which columns, masked or whole, and what for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.exports.columns import columns_of
from apps.exports.models import Export
from apps.staff.step_up import StepUpForm


class AskForm(StepUpForm):
    """The password is only asked for when values are to be whole."""

    columns = forms.MultipleChoiceField(label=_("columns"), required=False)
    form = forms.ChoiceField(label=_("form"), choices=Export.Form.choices)
    whole = forms.BooleanField(label=_("unmasked"), required=False)
    reason = forms.CharField(label=_("what for"), max_length=200, required=False)
    preset = forms.CharField(label=_("keep as"), max_length=40, required=False)
    field_order = ("columns", "form", "whole", "reason", "preset", "password")

    def __init__(self, *args: Any, kind: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["columns"].choices = [  # type: ignore[attr-defined]
            (column.name, column.title) for column in columns_of(kind)
        ]
        if "password" in self.fields:
            self.fields["password"].required = False

    def clean_password(self) -> str:
        if not self.cleaned_data.get("whole"):
            return ""
        if not self.cleaned_data["password"]:
            raise forms.ValidationError(_("Please confirm that it is you."))
        return super().clean_password()
