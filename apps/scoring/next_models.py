"""Sold (how many bought a product) and Together (two products, bought by the same)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.orders.models import Product


class Sold(models.Model):
    """How many have bought a product in two years."""

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, related_name="sold"
    )
    buyers = models.PositiveIntegerField(_("buyers"))

    class Meta:
        verbose_name = _("popularity of a product")
        verbose_name_plural = _("popularity of products")

    def __str__(self) -> str:
        return f"{self.product_id}"


class Together(models.Model):
    """How many bought both products; `likeness` is 1 if nobody bought only one."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, db_index=False, related_name="together"
    )
    other = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    buyers = models.PositiveIntegerField(_("buyers of both"))
    likeness = models.FloatField(_("likeness"))

    class Meta:
        verbose_name = _("pair of products")
        verbose_name_plural = _("pairs of products")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "other"], name="one_row_per_pair_of_products"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} · {self.other_id}"
