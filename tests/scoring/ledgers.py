"""Builders: rules in force, drafts, and what happens to contacts."""

from datetime import datetime
from typing import Any

from apps.contacts.models import Contact
from apps.events.models import EventRecord
from apps.scoring.earn import earn
from apps.scoring.keep import draft_all, put_in_force
from apps.scoring.models import Rescore, ScoreVersion, Standing
from apps.scoring.rescore import Does, ask_for
from apps.scoring.said import Said
from tests import make
from tests.conftest import day

FORM: dict[str, Any] = {"axis": "engagement", "group": "互动", "points": 10}


def said(name: str = "下单", **fields) -> Said:
    if "conditions" not in fields:
        fields.setdefault("scene", "behaviour")
    return Said(name=name, **{**FORM, **fields})


def work_off() -> None:
    """Every reckoning that waits, until none does."""
    while job := Rescore.objects.unfinished().order_by("pk").first():
        job.work_off()


def drafted(*several: Said, at: datetime | None = None) -> list[ScoreVersion]:
    made = draft_all(several, by=make.root(), at=at or day(1))
    ask_for(Does.RECKON, at=at or day(1))
    work_off()
    return [ScoreVersion.objects.get(pk=draft.pk) for draft in made]


def in_force(*several: Said, at: datetime | None = None) -> list[ScoreVersion]:
    """These earn from now on, and for what has been."""
    made = drafted(*several, at=at)
    put_in_force(by=make.root(), at=at or day(1))
    work_off()
    return [ScoreVersion.objects.get(pk=draft.pk) for draft in made]


def did(
    contact: Contact, kind: str = "read", *, at: datetime, number: int
) -> EventRecord:
    """It happened, and nobody has heard of it yet."""
    return EventRecord.objects.create(
        kind="BehaviourReported",
        contact=contact,
        source="client",
        facts={"behaviour_id": number, "name": kind},
        at=at,
    )


def heard(*records: EventRecord, at: datetime) -> int:
    return earn([record.pk for record in records], at=at)


def standing(contact: Contact) -> Standing:
    return Standing.objects.get(contact=contact)
