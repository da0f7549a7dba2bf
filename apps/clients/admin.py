"""Other systems and their keys: made here, shown once, revoked."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.audit.telling import DEEDS, FIELDS
from apps.clients.keys import make_key, revoke
from apps.clients.models import Client, Key, Scope
from apps.common.addresses import of_one
from apps.common.admin import shows_refusals
from apps.common.filters import whole_number
from apps.common.listing import ListPage

DEEDS.update({"key_made": _("made an API key"), "key_revoked": _("revoked an API key")})
FIELDS.update(
    {"key": _("API key"), "scopes": _("rights"), "expires_at": _("valid until")}
)

VALID_FOR = {
    "90": (_("90 days"), timedelta(days=90)),
    "365": (_("a year"), timedelta(days=365)),
    "": (_("until it is revoked"), None),
}


class NewKey(forms.Form):
    scopes = forms.MultipleChoiceField(choices=Scope.choices)
    valid_for = forms.ChoiceField(
        choices=[(value, words) for value, (words, _length) in VALID_FOR.items()],
        required=False,
    )

    def expires_at(self, *, at: datetime) -> datetime | None:
        length = VALID_FOR[self.cleaned_data["valid_for"]][1]
        return at + length if length else None


@admin.register(Client)
class ClientAdmin(ListPage):
    rows_template = "admin/clients/client/rows.html"
    change_form_outer_after_template = "admin/clients/client/keys.html"
    fields = ["name", "system", "per_minute"]
    ordering = ["name"]
    search_fields = ["name"]
    search_help_text = _("Name or short name")
    counted_as = _("%(count)s other systems")
    empty_title = _("No other system yet")
    empty_hint = _(
        "A shop, a till or the server of a mini-program may tell orders and behaviour "
        "here. Add it, make a key for it, and hand the key to its developers."
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What it has told must stay known: its keys are revoked."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["system"] if obj else []

    def get_urls(self) -> list:
        at = of_one(self)
        return [
            at("make-key", require_POST(self.make_key_view), "make_key"),
            at("revoke-key", require_POST(self.revoke_key_view), "revoke_key"),
            *super().get_urls(),
        ]

    def found(self, clients: QuerySet, term: str) -> QuerySet:
        return clients.filter(Q(name__icontains=term) | Q(system__icontains=term))

    def rows(self, request: HttpRequest, found: list[Client]) -> list[dict[str, Any]]:
        valid = Key.objects.valid(at=timezone.now()).filter(client__in=found)
        many = dict(valid.order_by().values_list("client").annotate(many=Count("pk")))
        used = Key.objects.filter(client__in=found).order_by().values_list("client")
        last = dict(used.annotate(last=Max("last_used_at")))
        return [
            {
                "client": client,
                "keys": many.get(client.pk, 0),
                "used_at": last.get(client.pk),
            }
            for client in found
        ]

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        context = dict(extra_context or {})
        number = whole_number(object_id or "")
        if number is not None:
            context |= self.keys_of(request, number)
        return super().changeform_view(request, object_id, form_url, context)

    def response_add(self, request: HttpRequest, obj: Client, *args: Any) -> Any:
        """The next step is a key, on the same page."""
        return redirect(self.address_of(obj.pk))

    def address_of(self, pk: int) -> str:
        return reverse("admin:clients_client_change", args=[pk])

    def keys_of(self, request: HttpRequest, pk: int) -> dict[str, Any]:
        at = timezone.now()
        keys = Key.objects.filter(client=pk).select_related("made_by")
        return {
            "keys": [(key, *standing(key, at=at)) for key in keys],
            "scopes": Scope.choices,
            "valid_for": [(value, words) for value, (words, _l) in VALID_FOR.items()],
            "may_make_keys": self.has_change_permission(request),
        }

    def client_to_change(self, request: HttpRequest, pk: int) -> Client:
        client = self.get_queryset(request).filter(pk=pk).first()
        if client is None or not self.has_change_permission(request, client):
            raise Http404
        return client

    def make_key_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        client, at = self.client_to_change(request, pk), timezone.now()
        form = NewKey(request.POST)
        if not form.is_valid():
            messages.error(request, _("Choose at least one right for the key."))
            return redirect(self.address_of(pk))
        with shows_refusals(request):
            key, shown = make_key(
                client=client,
                scopes=form.cleaned_data["scopes"],
                expires_at=form.expires_at(at=at),
                by=request.user,
                at=at,
            )
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": client.name,
                "client": client,
                "key": key,
                "shown": shown,
            }
            request.current_app = self.admin_site.name
            answer = TemplateResponse(
                request, "admin/clients/client/made.html", context
            )
            answer["Cache-Control"] = "no-store"
            return answer
        return redirect(self.address_of(pk))

    def revoke_key_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        client = self.client_to_change(request, pk)
        number = whole_number(request.POST.get("key", ""))
        key = client.keys.filter(pk=number).first() if number else None
        if key is None:
            raise Http404
        with shows_refusals(request):
            revoke(key=key, by=request.user, at=timezone.now())
            messages.success(request, _("The key opens nothing any more."))
        return redirect(self.address_of(pk))


def standing(key: Key, *, at: datetime) -> tuple[Any, str]:
    """In a word, and the colour of its badge."""
    if key.revoked_at is not None:
        return _("revoked"), "default"
    if key.has_expired(at=at):
        return _("expired"), "default"
    if key.expires_soon(at=at):
        return _("expires soon"), "warning"
    return _("valid"), "success"
