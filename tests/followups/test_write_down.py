"""What was said is written down: by whom, for whom, and what becomes of it."""

import pytest
from django.urls import reverse

from apps.audit.models import AuditRow
from apps.audit.sealed_values import opened
from apps.common.errors import Refused
from apps.contacts.merge import merge
from apps.events.models import EventRecord
from apps.followups.models import LONGEST, Note
from apps.followups.write_down import rewrite, take_out, write_down
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

SAID = "约了周六下午体验课"


@pytest.fixture
def her():
    return make.follow(make.contact("曾小贤")).identity.contact


def note_of(user, her, text=SAID) -> Note:
    return write_down(text=text, about=her, by=user, at=day(3))


def audited() -> list[tuple]:
    rows = list(AuditRow.objects.filter(about_kind="followups.note").order_by("pk"))
    secrets = opened(rows)
    told = [(row.deed, secrets[row.pk]) for row in rows]
    return [(d, s["before"].get("text"), s["after"].get("text")) for d, s in told]


class TestWriting:
    def test_is_news_that_does_not_carry_the_words(self, her):
        somebody = make.user(role="employee")

        note = note_of(somebody, her)

        told = EventRecord.objects.get(kind="FollowedUp")
        assert (told.contact_id, told.actor_id) == (her.pk, somebody.pk)
        assert told.facts == {"note_id": note.pk}

    def test_is_audited_sealed_with_what_it_was_before(self, her):
        somebody = make.user(role="employee")
        note = note_of(somebody, her)

        rewrite(note=note, text="改到周日", by=somebody, at=day(4))
        take_out(note=note, by=somebody, at=day(5))

        assert audited() == [
            ("added", None, SAID),
            ("changed", SAID, "改到周日"),
            ("deleted", "改到周日", None),
        ]
        assert SAID not in str(AuditRow.objects.values_list("before", "after"))

    def test_the_same_words_again_are_no_change(self, her):
        somebody = make.user(role="employee")
        note = note_of(somebody, her)

        rewrite(note=note, text=f"  {SAID} ", by=somebody, at=day(4))

        assert Note.objects.get().changed_at is None
        assert len(audited()) == 1

    @pytest.mark.parametrize("text", ["", "  \n ", "字" * (LONGEST + 1)])
    def test_refuses_nothing_and_too_much(self, her, text):
        with pytest.raises(Refused):
            note_of(make.user(role="employee"), her, text)

        assert not Note.objects.exists()

    @pytest.mark.parametrize("role", ["employee", "admin"])
    def test_nobody_touches_what_another_wrote(self, her, role):
        note = note_of(make.user(role="employee"), her)
        another = make.user(role=role)

        with pytest.raises(Refused):
            rewrite(note=note, text="不是我写的", by=another, at=day(4))
        with pytest.raises(Refused):
            take_out(note=note, by=another, at=day(4))

        assert Note.objects.get().text == SAID

    def test_a_merge_takes_notes_along(self, her):
        other = make.follow(make.contact("曾晓贤")).identity.contact
        note_of(make.user(role="employee"), other)

        merge(winner=her, loser=other, at=day(4))

        assert Note.objects.get().contact == her


class TestOnThePage:
    def address(self, name: str, *numbers: int) -> str:
        return reverse(f"admin:contacts_contact_{name}", args=numbers)

    def test_is_written_changed_and_deleted(self, client, her):
        client.force_login(make.user(role="admin"))
        page = self.address("change", her.pk)

        answer = client.post(self.address("note_write", her.pk), {"text": SAID})
        assert answer["Location"] == page
        assert client.get(page).content.decode().count(SAID) >= 2  # and on the timeline

        number = Note.objects.get().pk
        changed = {"text": "改到周日"}
        client.post(self.address("note_rewrite", her.pk, number), changed)
        assert Note.objects.get().text == "改到周日"

        client.post(self.address("note_delete", her.pk, number))
        assert not Note.objects.exists()
        assert "跟进：（已删除）" in client.get(page).content.decode()

    def test_answers_with_the_panel_alone_to_whoever_stays_on_the_page(
        self, client, her
    ):
        client.force_login(make.user(role="admin"))
        write = self.address("note_write", her.pk)

        panel = client.post(write, {"text": SAID}, headers={"HX-Request": "true"})
        refused = client.post(write, {"text": " "}, headers={"HX-Request": "true"})

        assert SAID in panel.content.decode()
        assert "<html" not in panel.content.decode()
        assert "请先写点内容" in refused.content.decode()

    def test_is_closed_to_whoever_does_not_see_the_contact(self, client, her):
        note = note_of(make.root(), her)
        stranger = make.user(role="employee", employee=make.employee("周颖"))
        client.force_login(make.sees(stranger, "self"))

        for name, numbers in [
            ("notes", [her.pk]),
            ("note_write", [her.pk]),
            ("note_rewrite", [her.pk, note.pk]),
            ("note_delete", [her.pk, note.pk]),
            ("same_as", [her.pk]),
        ]:
            address = self.address(name, *numbers)
            ask = client.get if name in ("notes", "same_as") else client.post
            assert ask(address, {"text": "x"}).status_code == 404, name
        assert Note.objects.get().text == SAID

    def test_the_note_of_another_contact_is_not_found(self, client, her):
        note = note_of(make.root(), her)
        other = make.follow(make.contact("赵敏")).identity.contact
        client.force_login(make.user(role="admin"))

        answer = client.post(self.address("note_delete", other.pk, note.pk))

        assert answer.status_code == 404

    def test_words_are_shown_as_they_are_and_run_nothing(self, client, her):
        note_of(make.root(), her, "<script>alert(1)</script>")
        client.force_login(make.user(role="admin"))

        page = client.get(self.address("change", her.pk)).content.decode()

        assert "<script>alert(1)" not in page
        assert page.count("&lt;script&gt;alert(1)") >= 2
