"""Product, Order, OrderLine."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact
from apps.orders.querysets import OrderQuerySet


class Product(models.Model):
    """Something that is sold, under the number that a system gives it."""

    system = models.CharField(_("system"), max_length=32)
    number = models.CharField(_("product number"), max_length=64)
    name = models.CharField(_("name"), max_length=255, blank=True)
    tags = ArrayField(
        models.CharField(max_length=32),
        verbose_name=_("tags"),
        default=list,
        blank=True,
    )
    seen_at = models.DateTimeField(_("first seen"), default=timezone.now)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "number"], name="one_product_per_number"
            )
        ]
        indexes = [
            GinIndex(fields=["tags"], name="products_by_tag"),
            GinIndex(
                fields=["name"], name="products_named", opclasses=["gin_trgm_ops"]
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.number


class Order(models.Model):
    """What a contact bought at one time, as far as its system has told.

    Amounts are in fen. How an order is put together from what is told stands in
    orders/record.py.
    """

    class Status(models.TextChoices):
        """The furthest milestone that we know of; refunded when all of it is."""

        PLACED = "placed", _("placed")
        PAID = "paid", _("paid")
        SHIPPED = "shipped", _("shipped")
        RECEIVED = "received", _("received")
        REFUNDED = "refunded", _("refunded")

    class Channel(models.TextChoices):
        MINI_PROGRAM = "mini_program", _("mini-program")
        ONLINE_SHOP = "online_shop", _("online shop")
        MARKETPLACE = "marketplace", _("marketplace")
        STORE = "store", _("store")
        OTHER = "other", _("other")

    system = models.CharField(_("system"), max_length=32)
    number = models.CharField(_("order number"), max_length=64)
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="orders",
        help_text=_("Empty when the contact has been erased."),
    )
    channel = models.CharField(
        _("sales channel"),
        max_length=16,
        choices=Channel.choices,
        default=Channel.OTHER,
    )
    shop = models.CharField(_("shop"), max_length=64, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices)
    amount = models.BigIntegerField(_("amount"))
    refunded_amount = models.BigIntegerField(_("refunded amount"), default=0)
    discount = models.BigIntegerField(
        _("discount"),
        default=0,
        db_default=0,
        help_text=_("What was taken off the price; the amount is without it."),
    )
    placed_at = models.DateTimeField(_("placed at"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    refunded_at = models.DateTimeField(_("refunded at"), null=True, blank=True)
    changed_at = models.DateTimeField(
        _("as of"), help_text=_("When its system had it as it is here.")
    )
    lines_digest = models.BinaryField(max_length=16)
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "number"], name="one_order_per_number"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, refunded_amount__gte=0),
                name="an_order_costs_nothing_or_more",
            ),
        ]
        indexes = [
            models.Index(fields=["-placed_at", "-id"], name="orders_newest_first"),
            models.Index(
                fields=["contact", "-placed_at", "-id"], name="orders_of_a_contact"
            ),
            models.Index(
                fields=["status", "-placed_at", "-id"], name="orders_by_status"
            ),
            models.Index(fields=["shop", "-placed_at", "-id"], name="orders_of_a_shop"),
            models.Index(
                fields=["system", "-placed_at", "-id"], name="orders_of_a_system"
            ),
            models.Index(fields=["number"], name="orders_by_number"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def milestones(self) -> list[tuple[Any, datetime | None]]:
        """Each that can be reached, in their order, with its moment or None."""
        return [
            (status.label, getattr(self, f"{status.value}_at"))
            for status in self.Status
        ]


class OrderLine(models.Model):
    """So many of a product in an order. Two lines may be the same to the letter."""

    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, db_index=False, related_name="lines"
    )
    position = models.PositiveSmallIntegerField(_("position"))
    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="lines",
    )
    name = models.CharField(_("name"), max_length=255, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"))
    amount = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["order", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"], name="one_line_per_position"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} × {self.quantity}"

    @property
    def price(self) -> float:
        """Of one, in fen."""
        return self.amount / self.quantity if self.quantity else 0
