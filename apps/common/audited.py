"""What a person changes in the admin is written into the audit, with the change.

The audit itself is another app's: it is reached through settings, as the wire reaches
its handlers. A form is one change; a button writes what it did by `noted`.
"""

from typing import Any

from django.conf import settings
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm, ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from unfold.admin import ModelAdmin

SECRET = "********"  # in the place of what nobody may read, such as a password

Changes = dict[str, dict[str, Any]]


def noted(request: HttpRequest, deed: str, **facts: Any) -> None:
    """One row of the audit, in the transaction that is open; see audit/note.py."""
    note = import_string(settings.AUDIT_NOTE)
    note(deed=deed, by=request.user, at=timezone.now(), **facts)


class Audited(ModelAdmin):
    """Forms that are audited, and a page that tells what was done to an object."""

    def construct_change_message(
        self, request: HttpRequest, form: BaseForm, formsets: Any, add: bool = False
    ) -> Any:
        return changes_of(form, is_new=add)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        noted(request, "added", about=obj, after=message["after"])

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        if message["after"]:
            noted(request, "changed", about=obj, **message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            noted(request, "deleted", about=row, before={"name": str(row)})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        shown = self.get_object(request, unquote(object_id))
        if shown is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, shown):
            raise PermissionDenied
        return import_string(settings.AUDIT_HISTORY)(request, shown, door=self)


def changes_of(form: BaseForm, *, is_new: bool) -> Changes:
    """What the form changes, before and after; of a secret only that it was changed."""
    before, after = {}, {}
    for name in form.fields if is_new else form.changed_data:
        if "password" in name:
            after["password"] = SECRET
            continue
        field = form.fields[name]
        before[name] = in_words(field, form.get_initial_for_field(field, name))
        after[name] = in_words(field, form.cleaned_data.get(name))
    same = {name for name in before if before[name] == after[name]}
    return {
        "before": {} if is_new else without(before, same),
        "after": without(after, set() if is_new else same),
    }


def in_words(field: Any, value: Any) -> Any:
    """A row as it is called; whatever JSON has, as it is."""
    is_number = bool(value) and not hasattr(value, "pk")
    if isinstance(field, ModelChoiceField) and field.queryset is not None and is_number:
        value = field.queryset.filter(pk=value).first()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def without(values: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
