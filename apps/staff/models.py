"""Department, Employee, and whom a signed-in user may see."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.staff.querysets import EmployeeQuerySet

if TYPE_CHECKING:
    from apps.staff.scope import Colleagues


class Department(models.Model):
    """A department, as WeCom's address book knows it. The root has number 1."""

    wecom_id = models.PositiveBigIntegerField(_("number in WeCom"))
    name = models.CharField(_("name"), max_length=255, blank=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent department"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
    )
    order = models.BigIntegerField(_("order"), default=0)
    created_at = models.DateTimeField(_("created at"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    read_at = models.DateTimeField(_("last read difference"), null=True, blank=True)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["-order", "wecom_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["wecom_id"], name="one_department_per_number"
            )
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.wecom_id}"


class Employee(models.Model):
    """One of our own people, with a WeCom account."""

    class Status(models.IntegerChoices):
        """WeCom's own numbers (wecom-api.md 2.2). UNREAD: known by id only."""

        UNREAD = 0, _("not read yet")
        ACTIVE = 1, _("active")
        DISABLED = 2, _("disabled")
        NOT_ACTIVATED = 4, _("not activated")
        LEFT = 5, _("left the company")

    # Compared without case by WeCom; kept in lower case.
    wecom_id = models.CharField(_("WeCom account"), max_length=64)
    name = models.CharField(_("name"), max_length=255, blank=True)
    alias = models.CharField(_("alias"), max_length=255, blank=True)
    position = models.CharField(_("position"), max_length=255, blank=True)
    status = models.PositiveSmallIntegerField(
        _("status"), choices=Status.choices, default=Status.UNREAD
    )
    serves = models.BooleanField(
        _("serves customers"),
        default=False,
        help_text=_("Has WeCom's permission for customer contact."),
    )
    main_department = models.ForeignKey(
        Department,
        verbose_name=_("main department"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    joined_at = models.DateTimeField(
        _("joined at"),
        null=True,
        blank=True,
        help_text=_("The latest beginning that we heard of."),
    )
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)
    read_at = models.DateTimeField(_("last read difference"), null=True, blank=True)
    sort_key = models.CharField(max_length=64, blank=True, editable=False)
    spelling = models.TextField(blank=True, editable=False)
    grams = ArrayField(models.TextField(), default=list, editable=False)

    objects = EmployeeQuerySet.as_manager()

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        ordering = ["sort_key", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["wecom_id"], name="one_employee_per_account"
            )
        ]
        indexes = [
            models.Index(fields=["sort_key", "id"], name="employees_by_name"),
            GinIndex(
                fields=["spelling"],
                name="employees_spelled",
                opclasses=["gin_trgm_ops"],
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.wecom_id

    @property
    def has_left(self) -> bool:
        return self.left_at is not None


class FormerAccount(models.Model):
    """A WeCom account that an employee had before it was renamed."""

    wecom_id = models.CharField(_("WeCom account"), max_length=64)
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="former_accounts"
    )
    renamed_at = models.DateTimeField(_("renamed at"))

    class Meta:
        verbose_name = _("former account")
        verbose_name_plural = _("former accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["wecom_id"], name="one_employee_per_former_account"
            )
        ]

    def __str__(self) -> str:
        return self.wecom_id


class Posting(models.Model):
    """An employee works in a department."""

    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="postings"
    )
    department = models.ForeignKey(
        Department, on_delete=models.CASCADE, related_name="postings"
    )
    leads = models.BooleanField(_("leads the department"), default=False)

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "department"], name="one_posting_per_department"
            )
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.department}"


class Role(models.TextChoices):
    """What somebody is here to do; each is one of Django's groups (see roles.py)."""

    ADMINISTRATOR = "admin", _("administrator")
    MANAGER = "manager", _("manager")
    EMPLOYEE = "employee", _("employee")


class Scope(models.TextChoices):
    """Whose contacts somebody sees; see scope.py."""

    SELF = "self", _("their own")
    DEPARTMENT = "department", _("those of their department")
    BELOW = "below", _("those of their department and all below it")
    ALL = "all", _("everybody's")


@dataclass(frozen=True, kw_only=True)
class First:
    """What a role may see before anybody has said otherwise."""

    scope: Scope
    unmasks_per_day: int


class Reach(models.Model):
    """What everybody in a role may see: whose contacts, and how much of them."""

    FIRST: ClassVar[dict[str, First]] = {
        Role.ADMINISTRATOR: First(scope=Scope.ALL, unmasks_per_day=50),
        Role.MANAGER: First(scope=Scope.ALL, unmasks_per_day=20),
        Role.EMPLOYEE: First(scope=Scope.SELF, unmasks_per_day=0),
    }

    role = models.CharField(_("role"), max_length=8, choices=Role.choices)
    scope = models.CharField(_("sees contacts"), max_length=10, choices=Scope.choices)
    unmasks_per_day = models.PositiveSmallIntegerField(
        _("unmaskings a day"),
        default=0,
        help_text=_(
            "How many times a day each of them may see a phone, an e-mail or a union "
            "id whole, saying why. 0: never."
        ),
    )

    class Meta:
        verbose_name = _("reach of a role")
        verbose_name_plural = _("reach of roles")
        constraints = [
            models.UniqueConstraint(fields=["role"], name="one_reach_per_role"),
            models.CheckConstraint(
                condition=Q(scope="all") | ~Q(role="admin"),
                name="administrators_see_everybody",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_role_display())


class User(AbstractUser):
    """Somebody who signs in to the admin.

    The roster makes one for every employee, disabled until a role is given, and
    disables it again when the employee leaves.
    """

    employee = models.OneToOneField(
        Employee,
        verbose_name=_("employee"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="user",
    )

    scopes_told: list[str] | None = None  # see sign_in.py

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=~Q(username=""), name="a_user_has_a_username"
            )
        ]

    @cached_property
    def reach(self) -> "Colleagues | None":
        """Whose contacts they may see, asked once for a request; None: everybody's."""
        from apps.staff.scope import reach_of  # which needs this module

        return reach_of(self)

    @property
    def sees_everybody(self) -> bool:
        return self.reach is None
