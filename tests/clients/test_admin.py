"""Keys are made and revoked by administrators, and shown once."""

import re

import pytest
from django.utils import timezone

from apps.clients.keys import recognise
from apps.clients.models import Client, Key
from tests import make
from tests.backoffice.attacked import signed_in
from tests.backoffice.reading import faults

pytestmark = pytest.mark.django_db

ADD = "/admin/clients/client/add/"
KEY = re.compile(r"scrm_[\w-]{43}")


def page_of(client: Client) -> str:
    return f"/admin/clients/client/{client.pk}/change/"


def make_key_at(client: Client) -> str:
    return f"/admin/clients/client/{client.pk}/make-key/"


def revoke_at(client: Client) -> str:
    return f"/admin/clients/client/{client.pk}/revoke-key/"


@pytest.fixture
def admin():
    return signed_in(make.user("ann", role="admin"))


class TestOtherSystem:
    def test_is_added_and_leads_to_its_keys(self, admin):
        form = {"name": "有赞商城", "system": "youzan", "per_minute": 600}

        answer = admin.post(ADD, form)

        client = Client.objects.get()
        assert answer.url == page_of(client)
        assert client.system == "youzan"

    @pytest.mark.parametrize("system", ["", "有赞", "You Zan", "-a", "a" * 33])
    def test_has_a_short_name_that_is_one(self, admin, system):
        form = {"name": "有赞商城", "system": system, "per_minute": 600}

        assert admin.post(ADD, form).status_code == 200
        assert not Client.objects.exists()

    def test_keeps_its_short_name(self, admin):
        client = make.client()
        form = {"name": "有赞", "system": "other", "per_minute": 60}

        admin.post(page_of(client), form)

        client.refresh_from_db()
        assert (client.name, client.system) == ("有赞", "youzan")

    def test_speaks_chinese(self, admin):
        client = make.client()
        make.key(of=client)

        for address in (page_of(client), ADD, "/admin/clients/client/"):
            text = admin.get(address).content.decode()
            assert faults(text, names="youzan ann user") == []


class TestKey:
    def test_is_shown_once_and_works(self, admin):
        client = make.client()

        made = admin.post(
            make_key_at(client), {"scopes": ["orders:write"], "valid_for": "90"}
        )

        [shown] = set(KEY.findall(made.content.decode()))
        assert "no-store" in made["Cache-Control"]
        key = recognise(shown, at=timezone.now())
        assert (key.client, key.scopes) == (client, ["orders:write"])
        assert 89 <= (key.expires_at - timezone.now()).days <= 90
        assert not KEY.search(admin.get(page_of(client)).content.decode())

    @pytest.mark.parametrize(
        "form",
        [{}, {"scopes": ["everything"]}, {"scopes": "orders:read", "valid_for": "9"}],
    )
    def test_is_not_made_without_sense(self, admin, form):
        client = make.client()

        assert admin.post(make_key_at(client), form).url == page_of(client)
        assert not Key.objects.exists()

    def test_is_revoked_at_a_click(self, admin):
        client = make.client()
        shown = make.key(of=client)

        admin.post(revoke_at(client), {"key": Key.objects.get().pk})

        assert recognise(shown, at=timezone.now()) is None

    def test_of_another_system_is_not_revoked_from_here(self, admin):
        shown = make.key(of=make.client("收银台", system="till"))

        answer = admin.post(revoke_at(make.client()), {"key": Key.objects.get().pk})

        assert answer.status_code == 404
        assert recognise(shown, at=timezone.now())

    @pytest.mark.parametrize("role", ["employee", "manager"])
    def test_is_nobodys_business_but_the_administrators(self, role):
        client = make.client()
        shown = make.key(of=client)
        visitor = signed_in(make.user(role=role))

        made = visitor.post(make_key_at(client), {"scopes": ["orders:read"]})
        revoked = visitor.post(revoke_at(client), {"key": Key.objects.get().pk})

        assert (made.status_code, revoked.status_code) == (404, 404)
        assert visitor.get(page_of(client)).status_code == 403
        assert Key.objects.count() == 1
        assert recognise(shown, at=timezone.now())

    @pytest.mark.parametrize("address", [make_key_at, revoke_at])
    def test_is_not_touched_by_looking(self, admin, address):
        assert admin.get(address(make.client())).status_code == 405
