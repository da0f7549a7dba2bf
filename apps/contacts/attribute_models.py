"""Attribute, AttributeChoice, AttributeValue: the fields a company adds of its own.

A value is one row per contact and attribute, in the column of its type, so that each
type is found by an index of its own: a million contacts have ten of them.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import NullIf
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from apps.events.models import EventRecord

LONGEST_TEXT = 500  # characters; an index entry holds no more than 2,700 bytes


class AttributeQuerySet(models.QuerySet):
    def in_use(self) -> "AttributeQuerySet":
        return self.filter(archived_at__isnull=True)


class Attribute(models.Model):
    """A field that the company keeps of its contacts; archived, never deleted."""

    class Face(models.TextChoices):
        """Three faces of a person: who they are, how they seem, what they buy."""

        BASIC = "basic", _("basic")
        SUBJECTIVE = "subjective", _("subjective")
        TRADE = "trade", _("trade")

    class Type(models.TextChoices):
        TEXT = "text", _("text")
        NUMBER = "number", _("number")
        DATE = "date", _("date")
        CHOICE = "choice", _("one of several")
        CHOICES = "choices", _("several of several")
        YES_NO = "yes_no", _("yes or no")
        MONEY = "money", _("money")

    CHOSEN = (Type.CHOICE, Type.CHOICES)
    NAMES_ONE_THING = (Type.TEXT, Type.CHOICE)

    name = models.CharField(_("name"), max_length=40)
    face = models.CharField(_("face"), max_length=10, choices=Face.choices)
    type = models.CharField(
        _("type"),
        max_length=8,
        choices=Type.choices,
        help_text=_("Once a contact has a value, the type stays as it is."),
    )
    purpose = models.CharField(
        _("purpose"),
        max_length=200,
        help_text=_(
            "What it is kept for. The law asks for it, and so do those who fill it in."
        ),
    )
    origin = models.CharField(
        _("where it comes from"),
        max_length=100,
        help_text=_("Such as: asked by the employee, a form, the order system."),
    )
    fresh_days = models.PositiveIntegerField(
        _("stays fresh for (days)"),
        null=True,
        blank=True,
        help_text=_(
            "After so many days a value is marked as stale. Empty: it never grows old."
        ),
    )
    tells_city = models.BooleanField(
        _("says the city"),
        default=False,
        db_default=False,
        help_text=_(
            "Contacts of the same name in the same city are then proposed as possible "
            "duplicates. For a text, or one of several."
        ),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)

    objects = AttributeQuerySet.as_manager()

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["face", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(archived_at__isnull=True),
                name="one_attribute_per_name",
                violation_error_message=_("There is a field with this name already."),
            ),
            models.CheckConstraint(
                condition=Q(fresh_days__isnull=True) | Q(fresh_days__gt=0),
                name="an_attribute_stays_fresh_for_some_days",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AttributeChoice(models.Model):
    """One of the values that may be chosen; archived, since old values hold it."""

    attribute = models.ForeignKey(
        Attribute,
        on_delete=models.CASCADE,
        related_name="options",
        verbose_name=_("attribute"),
    )
    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    archived = models.BooleanField(
        _("archived"),
        default=False,
        help_text=_("Can no longer be chosen; whoever has it keeps it."),
    )

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["attribute", "name"], name="one_choice_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


# The columns of which a value fills exactly one, by the type of its attribute.
COLUMNS: dict[str, str] = {
    Attribute.Type.TEXT: "text",
    Attribute.Type.NUMBER: "number",
    Attribute.Type.DATE: "day",
    Attribute.Type.CHOICE: "choice",
    Attribute.Type.CHOICES: "choices",
    Attribute.Type.YES_NO: "yes",
    Attribute.Type.MONEY: "fen",
}


def of_attribute(column: str, name: str) -> models.Index:
    """An index of the values of one type, attribute by attribute."""
    return models.Index(
        fields=["attribute", column],
        condition=Q(**{f"{column}__isnull": False}),
        name=name,
    )


class AttributeValue(models.Model):
    """What we know of one contact in one field: who said so, and when."""

    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        db_index=False,
        related_name="attribute_values",
    )
    attribute = models.ForeignKey(
        Attribute, on_delete=models.PROTECT, db_index=False, related_name="values"
    )
    text = models.CharField(_("text"), max_length=LONGEST_TEXT, default="", blank=True)
    number = models.DecimalField(
        _("number"), max_digits=20, decimal_places=4, null=True, blank=True
    )
    day = models.DateField(_("date"), null=True, blank=True)
    choice = models.ForeignKey(
        AttributeChoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    choices = ArrayField(models.BigIntegerField(), null=True, blank=True)
    yes = models.BooleanField(_("yes or no"), null=True, blank=True)
    fen = models.BigIntegerField(_("money"), null=True, blank=True)
    source = models.CharField(
        _("source"), max_length=12, choices=EventRecord.Source.choices
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    at = models.DateTimeField(_("at"), help_text=_("When it was said or confirmed."))

    class Meta:
        verbose_name = _("attribute value")
        verbose_name_plural = _("attribute values")
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "attribute"], name="one_value_per_attribute"
            ),
            models.CheckConstraint(
                condition=Exact(
                    Func(
                        NullIf(F("text"), Value("")),
                        *map(F, ("number", "day", "choice", "choices", "yes", "fen")),
                        function="num_nonnulls",
                        output_field=models.IntegerField(),
                    ),
                    1,
                ),
                name="a_value_is_of_one_type",
            ),
        ]
        indexes = [
            models.Index(
                fields=["attribute", "text"],
                condition=~Q(text=""),
                opclasses=["int8_ops", "text_pattern_ops"],
                name="values_of_text",
            ),
            of_attribute("number", "values_of_number"),
            of_attribute("day", "values_of_day"),
            of_attribute("choice", "values_of_choice"),
            of_attribute("yes", "values_of_yes_or_no"),
            of_attribute("fen", "values_of_money"),
            models.Index(fields=["attribute", "at"], name="values_by_age"),
            GinIndex(
                fields=["choices"],
                condition=Q(choices__isnull=False),
                name="values_of_choices",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute_id} · {self.contact_id}"

    def is_stale(self, *, at: datetime) -> bool:
        """Older than its attribute says that a value stays fresh."""
        days = self.attribute.fresh_days
        return days is not None and self.at + timedelta(days=days) < at
