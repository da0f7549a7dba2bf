"""SavedView (a list under filters, by a name) and Place (where somebody has it); Batch
(one thing done to many rows) and BatchRow (what became of one of them)."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.common.progress import Progress
from apps.lists.querysets import BatchQuerySet, SavedViewQuerySet
from apps.staff.models import Department, Role


class SavedView(models.Model):
    """A list under filters. It holds what is filtered for, never who was found: whoever
    opens it sees of that whom they may see. Searched words are not kept in it, since
    they are names and phones."""

    MOST: ClassVar[int] = 50  # of one person, for one list

    class Shared(models.TextChoices):
        NOBODY = "nobody", _("only me")
        DEPARTMENT = "department", _("my department")
        EVERYBODY = "everybody", _("everybody")

    list = models.CharField(
        _("list"), max_length=64, help_text=_("Such as contacts.contact.")
    )
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(
        _("filters"), max_length=2_000, help_text=_("As they stand in the address.")
    )
    titles = models.JSONField(
        _("names of the filters"),
        default=dict,
        help_text=_("To be told by when one of them exists no longer."),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.CASCADE,
        related_name="saved_views",
    )
    shared = models.CharField(
        _("shared with"), max_length=10, choices=Shared.choices, default=Shared.NOBODY
    )
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    opens_for = models.CharField(
        _("opens first for"), max_length=8, choices=Role.choices, blank=True
    )
    made_at = models.DateTimeField(_("made at"))

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("view")
        verbose_name_plural = _("views")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["list", "by", "name"], name="one_view_per_name"
            ),
            models.UniqueConstraint(
                fields=["list", "opens_for"],
                condition=~Q(opens_for=""),
                name="one_first_view_per_role",
            ),
            models.CheckConstraint(
                condition=Q(opens_for="") | Q(shared="everybody"),
                name="a_role_opens_what_everybody_has",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def asked(self) -> QueryDict:
        return QueryDict(self.query)

    @property
    def address(self) -> str:
        """What stands behind the address of the list."""
        return f"?view={self.pk}&{self.query}"


class Place(models.Model):
    """Where one person has a view among the others, and whether the list opens with it.

    Without a view: the list opens for them with everybody in it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    list = models.CharField(_("list"), max_length=64)
    view = models.ForeignKey(
        SavedView, on_delete=models.CASCADE, null=True, related_name="places"
    )
    position = models.PositiveSmallIntegerField(_("position"), null=True)
    opens_first = models.BooleanField(_("the list opens with it"), default=False)

    class Meta:
        verbose_name = _("place of a view")
        verbose_name_plural = _("places of views")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "list", "view"],
                nulls_distinct=False,
                name="one_place_per_view",
            ),
            models.UniqueConstraint(
                fields=["user", "list"],
                condition=Q(opens_first=True),
                name="a_list_opens_with_one_view",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.view_id} · {self.position}"


class Batch(Job, Progress):
    """One thing that somebody has done to many rows of a list. The rows were chosen at
    the click; whether they may still be seen is asked anew as each is done."""

    list = models.CharField(_("list"), max_length=64)
    action = models.CharField(_("action"), max_length=32)
    options = models.JSONField(_("options"), default=dict)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.CASCADE,
        related_name="batches",
    )
    undoes = models.OneToOneField(
        "self",
        verbose_name=_("takes back"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="undone_by",
    )
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)

    objects = BatchQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Job.Meta):
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["by", "-id"], name="batches_of_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    def try_again(self, *, at: datetime) -> None:
        """It goes on where it broke off."""
        Batch.objects.filter(pk=self.pk).update(paused_at=None, stopped_at=None)
        super().try_again(at=at)

    def work_off(self) -> None:
        from apps.lists.advance import advance  # which needs this module

        advance(self)


class BatchRow(models.Model):
    """One of the rows; its number is that of a row of the batch's list."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ASKED = "asked", _("asked of WeCom")
        CHANGED = "changed", _("done")
        SAME = "same", _("was so already")
        FAILED = "failed", _("failed")
        LEFT = "left", _("left out")  # it was stopped before

    OPEN = (State.WAITING, State.ASKED)

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    number = models.BigIntegerField(_("number"))
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.WAITING
    )
    why = models.CharField(_("reason"), max_length=300, blank=True)
    journal = models.JSONField(
        _("journal"),
        default=dict,
        help_text=_("Numbers by which it is followed up, and taken back."),
    )

    class Meta:
        verbose_name = _("row of a batch")
        verbose_name_plural = _("rows of batches")
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "number"], name="one_row_per_number"
            )
        ]
        indexes = [
            models.Index(fields=["batch", "state", "id"], name="rows_of_a_batch")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} · {self.number}"
