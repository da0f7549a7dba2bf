"""What is done to many rows: at once or by a worker, stopped, gone on with, undone."""

from contextlib import suppress

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.contacts.models import Contact, Follow
from apps.events.models import EventRecord
from apps.lists.actions import ACTIONS
from apps.lists.advance import one_handful
from apps.lists.batch import begin, stop
from apps.lists.models import Batch, BatchRow
from apps.tags.models import Tagging, TagGroup
from apps.wecom.models import Command
from apps.wecom.outbox import conclude
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day

pytestmark = pytest.mark.django_db

LIST = "/admin/contacts/contact/"
State = BatchRow.State


@pytest.fixture
def own():
    """A label of our own."""
    return make.tag("高意向", group=make.tag_group(kind=TagGroup.Kind.OWN), wecom_id="")


@pytest.fixture
def boss():
    return make.user(role="manager")


def people(many: int, **fields) -> list[Contact]:
    return Contact.objects.bulk_create(
        Contact(
            name=f"客户{n}", kind=1, added_at=day(1), **{"standing": "friend"} | fields
        )
        for n in range(many)
    )


def press(client, tag, *, action: str = "put_on", **form):
    told = {"list": "contacts.contact", "action": action, "picked": tag.pk}
    return client.post(address("begin"), told | form, follow=True)


def address(action: str, *args: int) -> str:
    return reverse(f"admin:lists_batch_{action}", args=args)


def work(batch: Batch | None = None) -> Batch:
    """What a worker does with the batch, to its end or until WeCom is waited for."""
    batch = batch or Batch.objects.latest("pk")
    Batch.objects.filter(pk=batch.pk).update(attempts=batch.attempts + 1)
    batch.refresh_from_db()
    batch.work_off()
    batch.refresh_from_db()
    return batch


def states(batch: Batch) -> list[str]:
    return list(batch.rows.order_by("number").values_list("state", flat=True))


class TestAFew:
    def test_are_done_at_once_and_can_be_undone_at_once(self, boss, own):
        client = signed_in(boss)
        one, other = people(2)
        Tagging.objects.create(contact=other, tag=own, source="person")

        page = press(client, own, n=[one.pk, other.pk])

        text = page.content.decode()
        assert "已为 1 位客户添加标签「高意向」" in text and "撤销" in text
        assert Tagging.objects.filter(tag=own).count() == 2

        batch = Batch.objects.get()
        client.post(address("undo", batch.pk), {"back": f"{LIST}?standing=friend"})

        # who had it before keeps it
        assert [t.contact for t in Tagging.objects.filter(tag=own)] == [other]
        page = client.post(address("undo", batch.pk), follow=True)
        assert "已经撤销过" in page.content.decode()

    def test_undoing_leaves_what_a_colleague_has_put_on_since(self, boss, own):
        client = signed_in(boss)
        one, other = people(2)
        press(client, own, n=[one.pk, other.pk])
        batch = Batch.objects.get()
        press(client, own, n=one.pk, action="take_off")
        press(signed_in(make.user(role="manager")), own, n=one.pk)

        client.post(address("undo", batch.pk))

        assert [t.contact for t in Tagging.objects.filter(tag=own)] == [one]

    @pytest.mark.parametrize(
        "elsewhere", ["https://evil.example", "//evil.example", ""]
    )
    def test_lead_back_to_where_they_were_asked_for(self, boss, own, elsewhere):
        client, [one] = signed_in(boss), people(1)
        page = f"{LIST}{one.pk}/change/"

        assert press(client, own, n=one.pk, back=page).redirect_chain[-1][0] == page
        away = press(client, own, n=one.pk, action="take_off", back=elsewhere)
        assert away.redirect_chain[-1][0] == LIST

    def test_leave_their_line_in_the_audit_and_the_timeline(self, boss, own):
        [one] = people(1)

        press(signed_in(boss), own, n=one.pk)

        batch, tagged = AuditRow.objects.order_by("-pk")[:2][::-1]
        assert (batch.deed, batch.after["many"], batch.actor) == ("batch", 1, boss)
        assert (tagged.deed, tagged.contact_id) == ("tagged", one.pk)
        [event] = EventRecord.objects.filter(contact=one)
        assert (event.kind, event.actor_id) == ("Tagged", boss.pk)

    def test_of_whom_one_sees_and_nobody_else(self, own):
        me = make.employee()
        mine, theirs = people(1, owner=me)[0], people(1)[0]
        client = signed_in(make.user(role="employee", employee=me))

        press(client, own, n=[mine.pk, theirs.pk])

        assert [t.contact for t in Tagging.objects.all()] == [mine]

    def test_only_known_actions_and_standing_tags(self, boss, own):
        client = signed_in(boss)
        [one] = people(1)

        assert press(client, own, n=one.pk, action="delete").status_code == 404
        assert press(client, own, n=one.pk, list="staff.user").status_code == 404
        own.deleted_at = timezone.now()
        own.save()
        assert "已不存在" in press(client, own, n=one.pk).content.decode()
        assert not Batch.objects.exists()


class TestMany:
    def test_are_done_by_a_worker_while_one_may_leave(self, boss, own):
        client = signed_in(boss)
        people(450)

        page = press(client, own, all="yes")

        batch = Batch.objects.get()
        assert page.redirect_chain[-1][0] == address("change", batch.pk)
        assert (batch.total, batch.done, batch.status) == (450, 0, "waiting")
        assert client.get(address("progress"), {"batch": batch.pk}).json()["running"]

        work()
        told = client.get(address("progress"), {"batch": batch.pk}).json()
        assert (told["running"], told["percent"]) == (False, 100)
        assert Tagging.objects.filter(tag=own).count() == 450

    def test_are_those_of_the_filter_at_the_click(self, boss, own):
        people(3), people(210, standing="left")

        press(signed_in(boss), own, all="yes", query="standing=left&view=7")
        Contact.objects.update(standing="friend")
        work()

        assert Tagging.objects.count() == 210

    def test_are_looked_at_again_as_they_are_done(self, own):
        me, other = make.employee(), make.employee()
        visitor = make.user(role="employee", employee=me)
        contacts = people(205, owner=me)
        press(signed_in(visitor), own, all="yes")
        taken = contacts[7]
        Contact.objects.filter(pk=taken.pk).update(owner=other)

        batch = work()

        [failed] = batch.rows.filter(state=State.FAILED)
        assert failed.number == taken.pk
        assert not Tagging.objects.filter(contact=taken).exists()
        page = signed_in(visitor).get(address("change", batch.pk)).content.decode()
        assert "你已无权查看" in page and taken.name not in page

        Contact.objects.filter(pk=taken.pk).update(owner=me)
        signed_in(visitor).post(address("again", batch.pk))
        work()
        assert Tagging.objects.filter(contact=taken).exists()

    def test_are_not_done_for_whoever_may_no_longer(self, own):
        me = make.employee()
        visitor = make.user(role="employee", employee=me)
        people(201, owner=me)
        press(signed_in(visitor), own, all="yes")
        visitor.groups.clear()

        batch = work()

        assert batch.status == "failed"
        assert not Tagging.objects.exists()

    def test_stop_within_a_handful_and_go_on_with_the_rest(self, boss, own):
        client = signed_in(boss)
        people(450)
        press(client, own, all="yes")
        batch = Batch.objects.get()
        one_handful(batch)

        page = client.post(address("stop", batch.pk), follow=True)

        assert "共 450 位，已完成 200 位" in page.content.decode()
        one_handful(batch)  # the worker that had it comes to its next handful
        assert Tagging.objects.count() == 200
        client.post(address("again", batch.pk), {"left": "yes"})
        assert work(Batch.objects.get()).done == 450

    def test_pause_until_somebody_goes_on(self, boss, own):
        client = signed_in(boss)
        people(450)
        press(client, own, all="yes")

        def is_due() -> bool:
            return Batch.objects.due(lane="bulk", at=timezone.now()).exists()

        assert is_due()
        client.post(address("pause", Batch.objects.get().pk))
        assert not is_due()
        client.post(address("go_on", Batch.objects.get().pk))
        assert is_due()

    def test_belong_to_whoever_asked_for_them(self, boss, own):
        people(201)
        press(signed_in(boss), own, all="yes")
        pk = Batch.objects.get().pk
        other = signed_in(make.user(role="manager"))

        for action in ("pause", "go_on", "stop", "again", "undo"):
            assert other.post(address(action, pk)).status_code == 404
        assert other.get(address("progress"), {"batch": pk}).status_code == 404


class TestTagsOfWeCom:
    @pytest.fixture
    def vip(self, corp, sandbox):
        corp.populate(seed=3, employees=2, contacts=8, groups=0)
        from apps.sync.pull import advance, start_pull

        advance(pull=start_pull(by=None, at=timezone.now()))
        from apps.tags.models import Tag

        return Tag.objects.exclude(group__kind="own").order_by("pk").first()

    def ask_wecom(self):
        for command in Command.objects.filter(call="externalcontact.mark_tag"):
            Command.objects.filter(pk=command.pk).update(attempts=1)
            Command.objects.get(pk=command.pk).work_off()

    @pytest.mark.django_db(transaction=True)
    def test_are_put_on_there_first_and_taken_off_again(self, vip, boss, corp):
        client = signed_in(boss)
        friends = Contact.objects.filter(standing="friend")
        free = [c for c in friends if not c.taggings.filter(tag=vip).exists()][:3]

        press(client, vip, n=[c.pk for c in free])
        assert set(states(Batch.objects.get())) == {State.ASKED}
        assert not Tagging.objects.filter(tag=vip, contact__in=free).exists()

        self.ask_wecom()
        batch = work()
        assert set(states(batch)) == {State.CHANGED}
        assert Tagging.objects.filter(tag=vip, contact__in=free).count() == 3
        there = "SELECT count(*) FROM tagging WHERE tag = ?"
        before = corp.value(there, vip.wecom_id)

        client.post(address("undo", batch.pk))
        self.ask_wecom()
        work()
        assert corp.value(there, vip.wecom_id) == before - 3
        assert not Tagging.objects.filter(tag=vip, contact__in=free).exists()

    @pytest.mark.django_db(transaction=True)
    def test_that_wecom_refuses_are_listed_with_its_reason(self, vip, boss):
        free = make.follow(make.contact("陌生人"), employee=make.employee())
        client = signed_in(boss)
        press(client, vip, n=free.identity.contact.pk)
        self.ask_wecom()

        batch = work()

        [row] = batch.rows.all()
        assert row.state == State.FAILED and "（" in row.why
        assert row.why[:30] in client.get(address("change", batch.pk)).content.decode()

    def test_that_a_colleague_has_put_on_meanwhile_stay_when_it_is_undone(self, boss):
        tag, mine, theirs = make.tag(), make.follow(), make.follow()
        client = signed_in(boss)
        press(client, tag, n=[mine.identity.contact_id, theirs.identity.contact_id])
        make.tagging(tag, theirs)  # as WeCom tells before we ask it
        for command in Command.objects.order_by("pk"):
            command.note(errcode=0)
            conclude(command, called_at=day(2), result={})

        batch = work()
        client.post(address("undo", batch.pk))

        assert states(batch) == [State.CHANGED, State.SAME]
        taken = Command.objects.filter(arguments__has_key="remove_tag")
        assert [command.about["follow"] for command in taken] == [mine.pk]

    def test_of_a_connection_that_has_ended_come_off_here_alone(self, boss):
        tag, follow = make.tag(), make.follow()
        contact = follow.identity.contact
        make.tagging(tag, follow)
        Follow.objects.update(ended_at=day(2))

        press(signed_in(boss), tag, n=contact.pk, action="take_off")

        assert states(Batch.objects.get()) == [State.CHANGED]
        assert not contact.taggings.exists() and not Command.objects.exists()
        [event] = EventRecord.objects.filter(kind="Untagged", contact=contact)
        assert (event.actor_id, event.facts["follow_id"]) == (boss.pk, follow.pk)
        assert AuditRow.objects.filter(deed="untagged", contact_id=contact.pk).exists()

    def test_come_off_here_and_in_wecom_of_whoever_is_connected_anew(self, boss):
        tag, contact = make.tag(), make.contact()
        for _spell in range(2):
            make.tagging(tag, make.follow(contact))
        old, new = Follow.objects.order_by("pk")
        Follow.objects.filter(pk=old.pk).update(ended_at=day(2))

        press(signed_in(boss), tag, n=contact.pk, action="take_off")

        assert [tagging.follow for tagging in contact.taggings.all()] == [new]
        [command] = Command.objects.all()
        assert command.about["follow"] == new.pk

        Tagging.objects.all().delete()  # a colleague was first
        command.note(errcode=0)
        conclude(command, called_at=day(3), result={})
        assert states(work()) == [State.CHANGED]

    def test_need_somebody_who_is_connected(self, boss):
        tag, alone = make.tag(), people(1)[0]

        press(signed_in(boss), tag, n=alone.pk)

        assert "只能打在好友关系上" in Batch.objects.get().rows.get().why

    def test_not_sent_yet_are_withdrawn_when_it_is_stopped(self, boss):
        tag = make.tag()
        follows = [make.follow(make.contact()) for _ in range(2)]
        batch = begin(
            action=ACTIONS["contacts.contact", "put_on"],
            numbers=[follow.identity.contact_id for follow in follows],
            options={"tag": tag.pk, "name": "x"},
            by=boss,
            at=timezone.now(),
        )
        batch.work_off()
        assert states(batch) == [State.ASKED] * 2

        stop(batch=batch, at=timezone.now())

        assert states(batch) == [State.LEFT] * 2
        assert {c.status for c in Command.objects.all()} == {"ignored"}


def test_reading_again_follows_what_becomes_of_the_command(boss):
    known, unknown = make.follow().identity.contact, people(1)[0]

    press(signed_in(boss), make.tag(), action="read_again", n=[known.pk, unknown.pk])

    batch = Batch.objects.get()
    assert set(states(batch)) == {State.ASKED, State.FAILED}
    Command.objects.update(status="done", errcode=0)
    with suppress(Exception):
        work()
    assert batch.rows.get(number=known.pk).state == State.CHANGED
