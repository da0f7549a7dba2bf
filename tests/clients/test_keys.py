"""A key: random, kept as a digest alone, good until it expires or is revoked."""

import pytest

from apps.audit.models import AuditRow
from apps.clients.keys import InThePast, NoScope, make_key, recognise, revoke
from apps.clients.models import Key
from tests import make
from tests.backoffice.attacked import everything
from tests.conftest import day

pytestmark = pytest.mark.django_db

OLD, NEW = bytes([1]) * 32, bytes([9]) * 32


@pytest.fixture
def ann():
    return make.user("ann", role="admin")


class TestMakeKey:
    def test_shows_what_is_nowhere_kept(self, ann):
        client = make.client()

        key, shown = make_key(
            client=client, scopes=["orders:write"], expires_at=None, by=ann, at=day(1)
        )

        assert len(shown) > 40
        assert shown.endswith(key.tail)
        assert [rows for rows in everything().values() if shown in str(rows)] == []

    def test_is_written_down_with_who_did_it(self, ann):
        client = make.client()

        key, _shown = make_key(
            client=client, scopes=["orders:write"], expires_at=None, by=ann, at=day(1)
        )

        told = AuditRow.objects.get(deed="key_made")
        assert (told.actor, told.at, told.about_id) == (ann, day(1), client.pk)
        assert told.after["key"] == f"…{key.tail}"

    @pytest.mark.parametrize(
        ("scopes", "expires_at", "refusal"),
        [([], None, NoScope), (["orders:read"], day(1), InThePast)],
    )
    def test_refuses_a_key_that_opens_nothing(self, ann, scopes, expires_at, refusal):
        with pytest.raises(refusal):
            make_key(
                client=make.client(),
                scopes=scopes,
                expires_at=expires_at,
                by=ann,
                at=day(1),
            )

        assert not Key.objects.exists()


class TestRecognise:
    def test_knows_whose_key_it_is(self):
        shown = make.key(of=make.client("收银台", system="till"))

        assert recognise(shown, at=day(2)).client.system == "till"

    @pytest.mark.parametrize(
        "other",
        [
            lambda shown: shown[:-1],
            lambda shown: shown + "a",
            lambda shown: shown.swapcase(),
            lambda shown: shown.removeprefix("scrm_"),
            lambda shown: "",
            lambda shown: "scrm_" + "密钥" * 20,
            lambda shown: "scrm_\x00",
            lambda shown: "scrm_" + "a" * 100_000,
        ],
    )
    def test_knows_nothing_that_is_only_alike(self, other):
        assert recognise(other(make.key()), at=day(2)) is None

    def test_lets_a_key_in_until_it_expires(self):
        shown = make.key(expires_at=day(3))

        assert recognise(shown, at=day(3, hour=8))
        assert recognise(shown, at=day(3)) is None

    def test_lets_nobody_in_once_the_key_is_revoked(self, ann):
        shown = make.key()

        revoke(key=Key.objects.get(), by=ann, at=day(2))
        revoke(key=Key.objects.get(), by=ann, at=day(3))

        assert recognise(shown, at=day(2)) is None
        assert Key.objects.get().revoked_at == day(2)
        assert AuditRow.objects.filter(deed="key_revoked").count() == 1

    def test_notes_when_it_was_last_used_to_a_minute(self):
        shown = make.key()

        for hour in (9, 9.01, 9.02):
            recognise(shown, at=day(2, hour=hour))

        assert Key.objects.get().last_used_at == day(2, hour=9.02)
        recognise(shown, at=day(2, hour=9.021))
        assert Key.objects.get().last_used_at == day(2, hour=9.02)

    def test_outlives_a_change_of_the_data_keys(self, settings):
        settings.SCRM_DATA_KEYS = [OLD]
        shown = make.key()
        recognise(shown, at=day(2))

        settings.SCRM_DATA_KEYS = [NEW, OLD]
        assert recognise(shown, at=day(2))  # within the minute of its last use
        settings.SCRM_DATA_KEYS = [NEW]

        assert recognise(shown, at=day(2))
