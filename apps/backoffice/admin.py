"""Who may sign in, and in which role; what has happened by the clock."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as AccountAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminRadioSelectWidget

from apps.common.admin import BigList, JobAdmin, ago_column
from apps.common.audited import noted
from apps.common.errors import Refused
from apps.common.models import Slot
from apps.common.timetable import entries
from apps.staff.models import Reach, User
from apps.staff.roles import Role, give_role, may_touch, role_of, roles_to_give

admin.site.unregister(Group)  # a group is a role, and its rights stand in roles.py

NO_ROLE = ("", _("none: cannot sign in"))


class RoleField(forms.ChoiceField):
    """The roles that whoever fills in the form may give."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("role"),
            required=False,
            widget=UnfoldAdminRadioSelectWidget(),
            help_text=_(
                "Employees see contacts, groups, tags and colleagues. Managers see all "
                "of the business and may synchronise. Administrators also repair, and "
                "look after the sign-ins."
            ),
            **options,
        )


class NewSignIn(UserCreationForm):
    role = RoleField()

    class Meta:
        model = User
        fields = ("username", "employee")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)


class SignIn(forms.ModelForm):
    role = RoleField()

    class Meta:
        model = User
        fields = ("username", "employee", "first_name")
        labels = {"first_name": _("full name")}


class RoleFilter(admin.SimpleListFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*Role.choices, ("none", _("none"))]

    def queryset(self, request: HttpRequest, users: QuerySet) -> QuerySet:
        if self.value() == "none":
            return users.exclude(groups__name__in=Role.values)
        return users.filter(groups__name=self.value()) if self.value() else users


@admin.register(User)
class UserAdmin(BigList, AccountAdmin):
    """Groups, single rights and `is_superuser` are not in any form: a role is all."""

    form = SignIn
    add_form = NewSignIn
    add_form_template = "admin/change_form.html"
    change_password_form = AdminPasswordChangeForm
    list_display = ["person", "employee", "role", "is_active", "seen"]
    list_filter = [RoleFilter, "is_active"]
    list_select_related = ["employee"]
    search_fields = ["username"]
    search_help_text = _("Sign-in name")
    autocomplete_fields = ["employee"]
    filter_horizontal = ()
    ordering = ["username"]
    counted_as = _("%(count)s sign-ins")
    fieldsets = [
        (None, {"fields": ["username", "new_password", "role"]}),
        (_("Person"), {"fields": ["employee", "first_name"]}),
        (_("Times"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "employee", "role", "password1", "password2"]})
    ]
    readonly_fields = ["new_password", "last_login", "date_joined"]

    seen = ago_column("last_login", _("last sign-in"))

    @display(description=_("sign-in name"), ordering="username")
    def person(self, user: User) -> str:
        name = user.get_full_name() or str(user.employee or "")
        context = {"name": user.username, "more": name}
        return render_to_string("admin/common/person.html", context)

    @display(description=_("role"), label=True)
    def role(self, user: User) -> str:
        if user.is_superuser:
            return str(_("superuser"))
        role = role_of(user)
        return str(Role(role).label) if role else ""

    @display(description=_("password"))
    def new_password(self, user: User) -> str:
        return render_to_string("admin/staff/user/password.html", {"user": user})

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("groups")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who did what must stay known: a sign-in is closed by taking its role."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or may_touch(obj, by=request.user))

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type:
        form = super().get_form(request, obj, **kwargs)
        if field := form.base_fields.get("role"):
            roles = roles_to_give(by=request.user)
            field.choices = [NO_ROLE, *((role.value, role.label) for role in roles)]
            field.initial = role_of(obj) if obj else Role.EMPLOYEE.value
            field.disabled = bool(obj and obj.pk == request.user.pk)
        return form

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm, change: bool
    ) -> None:
        if not change:
            obj.is_active = False
        super().save_model(request, obj, form, change)
        wanted, had = form.cleaned_data.get("role", ""), role_of(obj)
        try:
            give_role(obj, role=wanted, by=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            noted(request, "refused", about=obj, after={"role": wanted})
            form.cleaned_data["role"] = had

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        with transaction.atomic():  # with its row of the audit
            return super().user_change_password(request, id, form_url)


@admin.register(Reach)
class ReachAdmin(BigList):
    """What each role may see: a row for each, and no more."""

    list_display = ["in_words", "scope", "unmasks_per_day"]
    fields = ["scope", "unmasks_per_day"]
    ordering = ["pk"]
    counted_as = _("%(count)s roles")
    empty_title = _("No role has been set out yet")
    empty_hint = _("The roles are written down when the product is set up.")

    @display(description=_("role"))
    def in_words(self, reach: Reach) -> str:
        return str(reach.get_role_display())

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Administrators see everybody: somebody has to."""
        return ["scope"] if obj and obj.role == Role.ADMINISTRATOR else []


class TaskFilter(admin.SimpleListFilter):
    """What stands in the timetable, in words."""

    title = _("what is done")
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(task, entry.title or task) for task, entry in entries().items()]

    def queryset(self, request: HttpRequest, slots: QuerySet) -> QuerySet:
        return slots.filter(task=self.value()) if self.value() else slots


@admin.register(Slot)
class SlotAdmin(JobAdmin):
    list_display = ["in_words", "standing", "by_the_clock", "done", "why"]
    list_filter = ["status", TaskFilter, "lane"]
    counted_as = _("%(count)s scheduled jobs")
    empty_title = _("Nothing has been due by the clock yet")
    empty_hint = _(
        "What the product does by itself at fixed times stands here. If nothing comes, "
        "no timetable is running."
    )

    by_the_clock = ago_column("slot_at", _("by the clock at"))
    done = ago_column("done_at", _("done at"))

    @display(description=_("what is done"))
    def in_words(self, slot: Slot) -> str:
        entry = entries().get(slot.task)
        return str(entry.title or slot.task) if entry else slot.task

    def what(self, slot: Slot) -> str:
        return self.in_words(slot)

    def facts(self, request: HttpRequest, slot: Slot) -> list[tuple[Any, Any]]:
        return [
            (_("what is done"), self.in_words(slot)),
            (_("by the clock at"), slot.slot_at),
            *super().facts(request, slot),
            (_("For developers"), slot.task),
        ]
