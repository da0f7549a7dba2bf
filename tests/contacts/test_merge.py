"""Two contacts turn out to be one person."""

import threading

import pytest
from django.core.checks import run_checks
from django.db import connections, models, transaction
from django.test.utils import isolate_apps

from apps.contacts.follow import start_follows
from apps.contacts.merge import AlreadyMerged, SamePerson, merge
from apps.contacts.models import Contact, Identity, Merge, Proposal
from apps.contacts.movable import wrongs_of
from apps.contacts.pointers import Pointer, every_pointer, pointers, uniques
from apps.contacts.querysets import phone_digest
from apps.contacts.rows import FollowRow, Profile
from apps.contacts.strays import gather_strays
from apps.contacts.unmerge import undo
from apps.events.models import EventRecord
from apps.tags.models import Tag, Tagging
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)

AT = day(20)
# Rows that stay where they are, each for its reason. Whoever adds a model here says to
# everybody that a merge leaves something behind.
NOT_MOVED = {
    "contacts.Merge": "the journal",
    "contacts.Proposal": "overtaken by the merge",
    "contacts.Uncompared": "looked at and deleted",
    "assignment.Assignment": "the history of each, who counts is said anew",
    "assignment.Notice": "of what was never followed up",
    "assignment.Protection": "the winner's counts",
    "loyalty.Membership": "the ledger moves, and the database adds up",
    "posters.Avatar": "the winner's own is fetched",
    "posters.DrawnPoster": "drawn again",
    "scoring.Lifetime": "reckoned anew every night",
    "scoring.Chance": "reckoned anew every night",
    "scoring.ForetoldMonth": "it was foretold of each of them",
    "scoring.Standing": "folded anew from the earnings",
}


def identity(of: Contact, kind: str, value: str = "", **fields) -> Identity:
    return Identity.objects.create(
        contact=of,
        kind=kind,
        value=value,
        **{
            "source": "person",
            "first_seen_at": day(1),
            "last_seen_at": day(1),
        }
        | fields,
    )


def phone(of: Contact, number: str, *, verified: bool = False) -> Identity:
    whole = phone_digest(number)
    return identity(of, "phone", digest=whole, sealed=b"x", verified=verified)


class TestMerge:
    def test_the_loser_leads_on_to_the_winner_and_is_found_by_nobody(self):
        winner, loser = make.contact("张三"), make.contact("张三丰")
        manager = make.user(role="manager")

        merge(winner=winner, loser=loser, at=AT, by=manager)

        loser.refresh_from_db()
        assert loser.merged_into == winner
        seen = Contact.objects.visible_to(manager)
        assert list(seen) == [winner]
        assert list(seen.called("张三丰")) == []

    def test_it_is_told_on_the_page_of_the_winner_and_by_whom(self):
        winner, loser, manager = make.contact(), make.contact(), make.user()

        done = merge(winner=winner, loser=loser, at=AT, by=manager)

        told = EventRecord.objects.get(kind="ContactsMerged")
        assert (told.contact, told.actor, told.at) == (winner, manager, AT)
        assert told.facts == {"merge_id": done.pk, "other_id": loser.pk}

    def test_nobody_is_merged_into_themselves(self):
        contact = make.contact()
        with pytest.raises(SamePerson):
            merge(winner=contact, loser=contact, at=AT)

    def test_whoever_was_merged_away_is_neither_winner_nor_loser(self):
        one, two, three = make.contact(), make.contact(), make.contact()
        merge(winner=one, loser=two, at=AT)

        for winner, loser in [(three, two), (two, three), (one, two), (two, one)]:
            with pytest.raises(AlreadyMerged):
                merge(winner=winner, loser=loser, at=AT)

    def test_only_what_is_empty_is_filled_unless_somebody_chose(self):
        winner = make.contact("张三", position="")
        loser = make.contact("李四", position="店长", corp_name="华为")

        merge(winner=winner, loser=loser, at=AT)

        winner.refresh_from_db()
        assert (winner.name, winner.position) == ("张三", "店长")
        assert winner.corp_name == "华为"

    def test_field_by_field_the_loser_may_be_chosen(self):
        winner = make.contact("张三", position="店长")
        loser = make.contact("李四", position="店员", corp_name="华为")

        merge(winner=winner, loser=loser, at=AT, take=["name"])

        winner.refresh_from_db()
        assert (winner.name, winner.position, winner.corp_name) == ("李四", "店长", "")

    def test_they_were_met_when_the_first_of_them_was(self):
        winner = make.contact(added_at=day(9))
        loser = make.contact(added_at=day(3))

        merge(winner=winner, loser=loser, at=AT)

        winner.refresh_from_db()
        assert winner.added_at == day(3)

    def test_they_are_looked_after_by_whoever_followed_first(self):
        ann, bob = make.employee(), make.employee()
        winner = make.follow(employee=ann, started_at=day(9)).identity.contact
        loser = make.follow(employee=bob, started_at=day(3)).identity.contact

        done = merge(winner=winner, loser=loser, at=AT)
        winner.refresh_from_db()
        assert (winner.owner, winner.standing) == (bob, Contact.Standing.FRIEND)

        undo(merge=done, at=day(21))
        winner.refresh_from_db()
        assert winner.owner == ann

    def test_other_proposals_about_the_loser_are_overtaken_and_stand_again(self):
        one, two, three = make.contact(), make.contact(), make.contact()
        pair, other = (
            Proposal.objects.create(
                low=low, high=high, confidence=75, reasons=["phone"], found_at=day(1)
            )
            for low, high in ((one, two), (two, three))
        )

        done = merge(winner=one, loser=two, at=AT)
        pair.refresh_from_db()
        other.refresh_from_db()
        assert (pair.status, other.status) == ("merged", "overtaken")

        undo(merge=done, at=day(21))
        pair.refresh_from_db()
        other.refresh_from_db()
        assert (pair.status, other.status) == ("never", "open")


class TestWhereOnlyOneMayBe:
    def test_the_older_lives_on_and_the_younger_comes_back(self):
        winner, loser = make.contact(), make.contact()
        tag = Tag.objects.create(name="重要")
        older = Tagging.objects.create(contact=loser, tag=tag, source="person")
        younger = Tagging.objects.create(contact=winner, tag=tag, source="callback")

        done = merge(winner=winner, loser=loser, at=AT)
        older.refresh_from_db()
        younger.refresh_from_db()
        assert (older.contact, younger.contact) == (winner, loser)

        undo(merge=done, at=day(21))
        older.refresh_from_db()
        younger.refresh_from_db()
        assert (older.contact, younger.contact) == (loser, winner)

    def test_a_model_may_say_which_of_its_rows_lives_on(self):
        winner, loser = make.contact(), make.contact()
        written = phone(winner, "13800001111")
        proven = phone(loser, "13800001111", verified=True)

        merge(winner=winner, loser=loser, at=AT)

        proven.refresh_from_db()
        written.refresh_from_db()
        assert (proven.contact, written.contact) == (winner, loser)

    def test_rows_that_need_not_be_unique_all_come(self):
        winner, loser = make.contact(), make.contact()
        follow = make.follow(loser)
        tag = Tag.objects.create(name="重要")
        Tagging.objects.create(contact=winner, tag=tag, source="person")
        Tagging.objects.create(contact=loser, tag=tag, follow=follow, source="callback")

        merge(winner=winner, loser=loser, at=AT)

        assert winner.taggings.count() == 2


class TestWhatWecomSays:
    def told(self, external_id: str, name: str, *, hour: int) -> Contact:
        ann = self.ann
        start_follows(
            [
                FollowRow(
                    external_id=external_id,
                    employee_id=ann.pk,
                    began_at=day(1),
                    profile=Profile(name=name, kind=1, position=f"{hour}"),
                    read_at=day(2, hour=hour),
                )
            ],
            source=EventRecord.Source.RECONCILE,
        )
        return Contact.objects.get(identities__value=external_id)

    @pytest.fixture(autouse=True)
    def employee(self):
        self.ann = make.employee()

    def test_two_customers_of_wecom_keep_the_name_that_was_chosen(self):
        winner = self.told("wm-a", "阿伟", hour=1)
        loser = self.told("wm-b", "伟哥", hour=2)
        done = merge(winner=winner, loser=loser, at=AT, take=["name"])

        assert self.told("wm-a", "阿伟伟", hour=3).name == "伟哥"
        assert self.told("wm-b", "伟大", hour=4).name == "伟哥"

        undo(merge=done, at=day(21))
        assert self.told("wm-a", "阿伟伟", hour=5).name == "阿伟伟"

    def test_what_was_not_chosen_otherwise_goes_on_to_be_told(self):
        wecoms = self.told("wm-a", "阿伟", hour=1)
        shops = make.contact("张伟", position="")

        merge(winner=shops, loser=wecoms, at=AT)
        shops.refresh_from_db()
        assert shops.pinned == ["name"]

        told = self.told("wm-a", "阿伟伟", hour=3)
        assert told == shops
        assert (told.name, told.position) == ("张伟", "3")

    def test_news_of_the_loser_is_news_of_the_winner(self):
        winner = self.told("wm-a", "阿伟", hour=1)
        loser = self.told("wm-b", "伟哥", hour=2)
        merge(winner=winner, loser=loser, at=AT)
        self.ann = make.employee()

        assert self.told("wm-b", "伟哥", hour=3) == winner
        assert not EventRecord.objects.filter(contact=loser).exists()


class TestWhoWritesMeanwhile:
    def test_a_row_that_came_too_late_is_gathered_and_goes_back_with_the_loser(self):
        winner, loser = make.contact(), make.contact()
        done = merge(winner=winner, loser=loser, at=AT)
        stray = make.event("Tagged", at=AT, contact=loser)
        tag = Tag.objects.create(name="重要")
        tagging = Tagging.objects.create(contact=loser, tag=tag, source="person")

        gather_strays(at=day(20, hour=9.5))

        stray.refresh_from_db()
        tagging.refresh_from_db()
        assert (stray.contact, tagging.contact) == (winner, winner)

        undo(merge=done, at=day(21))
        stray.refresh_from_db()
        tagging.refresh_from_db()
        assert (stray.contact, tagging.contact) == (loser, loser)

    def test_what_was_pushed_aside_is_no_stray(self):
        winner, loser = make.contact(), make.contact()
        tag = Tag.objects.create(name="重要")
        Tagging.objects.create(contact=winner, tag=tag, source="person")
        younger = Tagging.objects.create(contact=loser, tag=tag, source="person")
        merge(winner=winner, loser=loser, at=AT)

        gather_strays(at=day(20, hour=9.5))

        younger.refresh_from_db()
        assert younger.contact == loser

    def test_who_follows_the_loser_at_this_moment_waits_and_reaches_the_winner(self):
        winner, loser = make.contact(), make.follow(started_at=day(1)).identity.contact
        external_id = loser.identities.get().value
        new = make.employee()
        merged, told = threading.Event(), []

        def hear() -> None:
            merged.wait(timeout=30)
            try:
                row = FollowRow(
                    external_id=external_id, employee_id=new.pk, began_at=day(20)
                )
                outcome = start_follows([row], source=EventRecord.Source.CALLBACK)
                told.extend(latest.contact_id for latest in outcome.follows.values())
            finally:
                connections.close_all()

        thread = threading.Thread(target=hear)
        thread.start()
        with transaction.atomic():
            merge(winner=winner, loser=loser, at=AT)
            merged.set()
            thread.join(timeout=1)
            assert thread.is_alive(), "it did not wait"
        thread.join(timeout=30)

        assert told == [winner.pk]
        started = EventRecord.objects.filter(kind="FollowStarted", at=day(20))
        assert started.get().contact_id == winner.pk


class TestNoModelIsForgotten:
    def test_only_these_stay_where_they_are(self):
        left = {
            p.model._meta.label
            for p in every_pointer()
            if hasattr(p.model, "not_moved_by_merge")
        }
        assert left == set(NOT_MOVED)

    def test_also_fields_without_a_constraint_and_without_a_way_back_are_found(self):
        found = {str(pointer) for pointer in pointers()}
        assert found >= {
            "contacts.Identity.contact",
            "contacts.Contact.merged_into",
            "events.EventRecord.contact",
            "tags.Tagging.contact",
        }

    def test_every_model_of_ours_can_be_moved(self):
        assert [e for e in run_checks() if (e.id or "").startswith("contacts.")] == []

    @isolate_apps("apps.contacts")
    def test_one_that_cannot_be_is_refused_at_start_up(self):
        class Score(models.Model):  # noqa: DJ008
            contact = models.OneToOneField(
                Contact, on_delete=models.CASCADE, primary_key=True, related_name="+"
            )

            class Meta:
                app_label = "contacts"

        pointer = Pointer(Score, Score._meta.get_field("contact"))
        assert [wrong.id for wrong in wrongs_of(pointer)] == ["contacts.E002"]

    @isolate_apps("apps.contacts")
    def test_every_way_to_say_one_for_each_contact_is_understood(self):
        class Badge(models.Model):  # noqa: DJ008
            contact = models.ForeignKey(
                Contact, on_delete=models.CASCADE, related_name="+"
            )
            name = models.CharField(max_length=9)
            year = models.IntegerField()

            class Meta:
                app_label = "contacts"
                unique_together = [("contact", "year")]
                constraints = [
                    models.UniqueConstraint("contact", "name", name="badge_once"),
                    models.UniqueConstraint(fields=["name"], name="badge_of_one"),
                ]

        pointer = Pointer(Badge, Badge._meta.get_field("contact"))
        assert len(uniques(pointer)) == 2

    def test_the_journal_knows_every_model(self):
        winner, loser = make.contact(), make.contact()
        make.follow(loser)

        done = merge(winner=winner, loser=loser, at=AT)

        line = done.moved.get(model="contacts.Identity")
        assert line.moved == [str(Identity.objects.get(contact=winner).pk)]
        assert Merge.objects.get().fields.keys() == {str(winner.pk), str(loser.pk)}
