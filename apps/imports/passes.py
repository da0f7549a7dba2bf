"""One pass over the rows of an import, part by part.

A part and the place where it ended are written in one transaction: whoever dies costs
the part that was being worked on, and nothing is written twice. What a row says is
compared with what we know at that moment; the check and the writing do it alike.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.contacts import bring
from apps.contacts.bring import Meant, contact_of, key_of
from apps.contacts.take_back import take_back
from apps.events.models import EventRecord
from apps.imports import owners
from apps.imports.models import PART, Import, ImportPart, Pass, sealed
from apps.imports.understand import Understanding, Understood
from apps.tags.models import Tagging
from apps.tags.own import own_tags, put_on, tags_called, take_off

LEASE = timedelta(minutes=2)  # renewed with every part
NEW, CHANGED, SAME = "new", "changed", "same"
DUPLICATE, WRONG = "duplicate", "wrong"
LEFT_OUT = (DUPLICATE, WRONG)
OUTCOMES = (NEW, CHANGED, SAME, DUPLICATE, WRONG)
SOURCE = EventRecord.Source.PERSON
TAGS_GROUP = "导入标签"  # where labels stand that a table brought

Found = list[list[str]]  # what became of each row, and why


class Stopped(Refused):
    """The import was stopped."""

    code = "import_stopped"


def advance(job: Pass) -> None:
    """Go on from where the pass stands, to its end."""
    with job.consequences():
        go_through(job)


def go_through(job: Pass) -> None:
    job.refresh_from_db(fields=["done"])
    if job.what == Pass.What.CHECK and job.done:
        job.done = 0  # which rows repeat others is only known from the beginning
    walk = walks(job.of.kind)[job.what](job)
    while one_part(job, walk):
        pass


@transaction.atomic
def one_part(job: Pass, walk: "Walk") -> bool:
    """False when the last one is done, or another has taken the pass over."""
    if not job.still_mine():
        return False
    job.refresh_from_db(fields=["cancel_asked", "of"])
    if job.cancel_asked:
        raise Stopped
    number = -(-job.done // PART)  # the last part may be shorter
    part = job.of.parts.filter(number=number).first()
    if part is None:
        walk.end()
        job.finish(Job.Status.DONE)
        return False
    walk.part(part)
    job.done += len(part.rows)
    now = timezone.now()
    job._write(done=job.done, due_at=now + LEASE, bugs=0)
    return True


class Walk:
    """What is done with each part, and in the end."""

    def __init__(self, job: Pass) -> None:
        self.job = job
        self.of: Import = job.of
        self.counts: Counter[str] = Counter()

    def part(self, part: ImportPart) -> None:
        raise NotImplementedError

    def end(self) -> None:
        pass

    def keep_counts(self, name: str, **more: Any) -> None:
        """From the parts themselves: a pass may have begun in another process."""
        for part in self.of.parts.order_by("number").iterator(chunk_size=1):
            self.counts.update(outcome for outcome, _why in part.found)
        counts = {outcome: self.counts[outcome] for outcome in OUTCOMES}
        of = Import.objects.select_for_update().get(pk=self.of.pk)
        of.counts[name] = counts | more
        of.save(update_fields=["counts"])


def left_out(part: ImportPart) -> set[int]:
    """Rows that were found wrong, or twice, when they were checked."""
    rows = zip(part.rows, part.found, strict=True)
    return {number for (number, _cells), (what, _why) in rows if what in LEFT_OUT}


class Reading(Walk):
    """What the check and the writing have in common."""

    def __init__(self, job: Pass) -> None:
        super().__init__(job)
        self.understanding = Understanding(self.of.meanings)

    def meant(self, rows: Sequence[Understood]) -> dict[int, Meant]:
        """By number of the row, those that can be understood."""
        brought = [row.brought for row in rows if row.brought and not row.why]
        found = bring.meant(brought, by=self.of.by)
        return {meant.row.number: meant for meant in found}


class Check(Reading):
    def __init__(self, job: Pass) -> None:
        super().__init__(job)
        self.seen: dict[Any, int] = {}
        self.given: Counter[int] = Counter()  # by colleague

    def part(self, part: ImportPart) -> None:
        rows = self.understanding.rows(part.rows)
        meant = self.meant(rows)
        tagged = tags_of(rows, meant)
        found = [self.outcome(row, meant.get(row.number), tagged) for row in rows]
        for row, (what, _why) in zip(rows, found, strict=True):
            if what in (NEW, CHANGED) and (owner := meant[row.number].owner_id):
                self.given[owner] += 1
        ImportPart.objects.filter(pk=part.pk).update(found_sealed=sealed(found))

    def outcome(
        self, row: Understood, meant: Meant | None, tagged: Mapping[int, set[str]]
    ) -> list[str]:
        if row.why or meant is None or meant.why:
            return [WRONG, row.why or (meant.why if meant else "")]
        keys: set[Any] = {key_of(told) for told in meant.row.ids}
        if meant.contact is not None:
            keys.add(meant.contact.pk)
        if earlier := [self.seen[key] for key in keys if key in self.seen]:
            words = {"number": min(earlier)}
            return [DUPLICATE, gettext("As in row %(number)d.") % words]
        self.seen |= dict.fromkeys(keys, row.number)
        return [outcome_of(row, meant, tagged), ""]

    def end(self) -> None:
        self.keep_counts("check", owners=owners.named(self.given))


class Write(Reading):
    def part(self, part: ImportPart) -> None:
        bring.begin()
        skipped = left_out(part)
        rows = self.understanding.rows(
            [row for row in part.rows if row[0] not in skipped]
        )
        meant = self.meant(rows)
        tagged = tags_of(rows, meant)
        found = {
            row.number: [outcome_of(row, meant[row.number], tagged), ""]
            if row.number in meant and not meant[row.number].why
            else [WRONG, row.why or meant[row.number].why]
            for row in rows
        }
        done = [m for number, m in meant.items() if found[number][0] in (NEW, CHANGED)]
        at, by = self.job.created_at, self.of.by
        journal = bring.bring(done, by=by, at=at)
        journal["given"] = owners.give_owners(done, of=self.of, at=at)
        names = {name for row in rows for name in row.tags}
        tags = tags_called(names, group=TAGS_GROUP)
        journal["tags"] = put_on(
            (
                (contact_of(meant[row.number]), tags[name])
                for row in rows
                if found[row.number][0] in (NEW, CHANGED)
                for name in row.tags
            ),
            source=SOURCE,
            at=at,
            by=by,
        )
        now: Found = [
            found.get(number, before)
            for (number, _cells), before in zip(part.rows, part.found, strict=True)
        ]
        ImportPart.objects.filter(pk=part.pk).update(
            found_sealed=sealed(now), journal_sealed=sealed(journal)
        )

    def end(self) -> None:
        self.keep_counts("write")


class Undo(Walk):
    def part(self, part: ImportPart) -> None:
        journal = part.journal
        if not journal:
            return
        bring.begin()
        at, by = self.job.created_at, self.of.by
        written = self.of.passes.filter(what=Pass.What.WRITE).latest("pk").created_at
        made = set(journal["made"])
        given = [each for each in journal.get("given", ()) if each[0] not in made]
        owners.give_back(given, of=self.of, at=at)
        stay = take_back(journal, brought_at=written, by=by, at=at)
        pairs = [(contact_id, tag_id) for contact_id, tag_id in journal["tags"]]
        take_off(pairs, source=SOURCE, at=at, by=by)
        ImportPart.objects.filter(pk=part.pk).update(journal_sealed=b"")
        of = Import.objects.select_for_update().get(pk=self.of.pk)
        of.stayed = [*of.stayed, *stay]
        of.save(update_fields=["stayed"])


def walks(kind: str) -> Mapping[str, Callable[[Pass], Walk]]:
    from apps.imports.order_passes import ORDER_WALKS  # which needs this module

    return ORDER_WALKS if kind == Import.Kind.ORDERS else WALKS


WALKS: dict[str, Callable[[Pass], Walk]] = {
    Pass.What.CHECK: Check,
    Pass.What.WRITE: Write,
    Pass.What.UNDO: Undo,
}


def outcome_of(row: Understood, meant: Meant, tagged: Mapping[int, set[str]]) -> str:
    if meant.is_new:
        return NEW
    carries = tagged.get(contact_of(meant), set())
    other = meant.is_other or bool(set(row.tags) - carries)
    return CHANGED if other else SAME


def tags_of(
    rows: Sequence[Understood], meant: Mapping[int, Meant]
) -> dict[int, set[str]]:
    """Which of the labels in these rows the contacts carry already, by name."""
    own = own_tags(name for row in rows for name in row.tags)
    names = {pk: name for name, pk in own.items()}
    contacts = [m.contact.pk for m in meant.values() if m.contact is not None]
    carried: dict[int, set[str]] = {}
    if names and contacts:
        pairs = Tagging.objects.filter(
            contact__in=contacts, tag__in=names, follow__isnull=True
        )
        for contact_id, tag_id in pairs.values_list("contact_id", "tag_id"):
            carried.setdefault(contact_id, set()).add(names[tag_id])
    return carried
