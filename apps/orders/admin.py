"""Orders and products, to read; only the tags of a product are ours to choose."""

import re
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.addresses import beside, of_one
from apps.common.admin import ReadOnlyAdmin, ScopedAdmin, shows_refusals
from apps.common.filters import Choice, Days, Pick, Pickable, among, searched_for
from apps.common.listing import ListPage
from apps.contacts.of_contact import OfContactFilter, people_called
from apps.lists.acts_on_many import ActsOnMany
from apps.lists.keeps_views import KeepsViews
from apps.orders.figures import figures_of
from apps.orders.label import label
from apps.orders.models import Order, OrderLine, Product
from apps.orders.shops import shops

LATEST = 200  # lines of a product whose orders are looked at
NEWEST = 10
COMMAS = re.compile(r"[,，、;；\n]")

STATUS_COLOURS = {
    Order.Status.PLACED: "info",
    Order.Status.PAID: "success",
    Order.Status.SHIPPED: "success",
    Order.Status.RECEIVED: "success",
    Order.Status.REFUNDED: "danger",
}


class StatusFilter(Choice):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Order.Status.choices


class ShopFilter(Choice):
    title = _("shop")
    parameter_name = "shop"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(shop, shop) for shop in shops()]


class ProductFilter(Pick):
    """Orders with a line of this product."""

    title = _("product")
    parameter_name = "product"
    model = "orders.product"
    hint = _("Name or number of the product")

    def narrow(self, orders: QuerySet, product: Product) -> QuerySet:
        lines = OrderLine.objects.filter(product=product)
        numbers = lines.values_list("order", flat=True)
        each = Exists(lines.filter(order=OuterRef("pk")))
        return among(orders, numbers, otherwise=each)


class PlacedFilter(Days):
    title = _("placed at")
    parameter_name = "placed"
    field = "placed_at"


@admin.register(Order)
class OrderAdmin(KeepsViews, ActsOnMany, ScopedAdmin, ReadOnlyAdmin):
    page_template = "admin/orders/order/page.html"
    rows_template = "admin/orders/order/rows.html"
    list_filter = [
        StatusFilter,
        ShopFilter,
        ProductFilter,
        PlacedFilter,
        OfContactFilter,
    ]
    list_select_related = ["contact"]
    ordering = ["-placed_at", "-pk"]
    search_fields = ["number"]
    search_help_text = _("Order number, name or phone of the contact")
    counted_as = _("%(count)s orders")
    empty_title = _("No order yet")
    empty_hint = _(
        "Orders come from other systems: a shop or a till tells them by the API. Add "
        "it under Other systems, make a key, and hand it to its developers. A table of "
        "orders can be brought under Imports."
    )
    empty_leads_to = ("admin:contacts_contact_changelist", _("To the contacts"))

    def get_urls(self) -> list:
        figures = require_safe(self.figures_view)
        return [beside(self)("figures/", figures, "figures"), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, orders: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        term = searched_for(term)
        if not term:
            return orders, False
        people = people_called(request, term)
        return orders.filter(Q(number=term) | Q(contact__in=people)), False

    def rows(self, request: HttpRequest, found: list[Order]) -> list[dict[str, Any]]:
        lines: dict[int, list[OrderLine]] = {}
        for line in OrderLine.objects.filter(order__in=found).order_by("position"):
            lines.setdefault(line.order_id, []).append(line)
        return [
            {
                "order": order,
                "colour": STATUS_COLOURS[Order.Status(order.status)],
                "lines": lines.get(order.pk, []),
            }
            for order in found
        ]

    def head(self, request: HttpRequest) -> dict[str, Any]:
        return {"asked": request.GET.urlencode()}

    def figures_view(self, request: HttpRequest) -> HttpResponse:
        """What the list comes to; asked for by the list itself, once it is shown."""
        if not self.has_view_permission(request):
            raise Http404
        context = {"figures": figures_of(self.listed(request, request.GET))}
        return TemplateResponse(request, "admin/orders/order/figures.html", context)

    def page(self, request: HttpRequest, shown: Order) -> dict[str, Any]:
        return {
            "colour": STATUS_COLOURS[Order.Status(shown.status)],
            "lines": shown.lines.select_related("product"),
        }


@admin.register(Product)
class ProductAdmin(ListPage, Pickable, ReadOnlyAdmin):
    page_template = "admin/orders/product/page.html"
    rows_template = "admin/orders/product/rows.html"
    ordering = ["-pk"]
    search_fields = ["name"]
    search_help_text = _("Name, number or tag")
    counted_as = _("%(count)s products")
    empty_title = _("No product yet")
    empty_hint = _("Products appear here with the first order that has them.")
    empty_leads_to = ("admin:orders_order_changelist", _("To the orders"))

    def get_urls(self) -> list:
        label = of_one(self)("label", require_POST(self.label_view), "label")
        return [label, *super().get_urls()]

    def found(self, products: QuerySet, term: str) -> QuerySet:
        named = Q(name__icontains=term) | Q(number=term) | Q(tags__contains=[term])
        return products.filter(named)

    def more_about(self, product: Product) -> str:
        return product.number

    def may_label(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.change_product")

    def page(self, request: HttpRequest, shown: Product) -> dict[str, Any]:
        lines = OrderLine.objects.filter(product=shown).order_by("-pk")
        seen = Order.objects.visible_to(request.user)
        newest = seen.filter(pk__in=lines.values("order")[:LATEST])
        return {
            "newest": newest.select_related("contact").order_by("-placed_at")[:NEWEST],
            "sold": lines.aggregate(many=Sum("quantity"))["many"] or 0,
            "may_label": self.may_label(request),
        }

    def label_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        product = self.get_queryset(request).filter(pk=pk).first()
        if product is None or not self.may_label(request):
            raise Http404
        with shows_refusals(request):
            label(
                product=product,
                tags=COMMAS.split(request.POST.get("tags", "")),
                by=request.user,
                at=timezone.now(),
            )
            messages.success(request, _("The tags are as you wrote them."))
        return redirect(reverse("admin:orders_product_change", args=[pk]))
