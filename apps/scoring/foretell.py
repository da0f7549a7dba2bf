"""Chances of all for whom the outcome is still open, a handful of contacts at a time.

A handful and where it ended are written in one transaction: whoever dies costs that
handful. Only what has changed is written; who has had the outcome has no chance any
more.
"""

from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.jobs import Job, Lane
from apps.common.lanes import lease_of
from apps.scoring.as_json import read
from apps.scoring.drift import month_of
from apps.scoring.known import known_at
from apps.scoring.learned import Learned
from apps.scoring.models import Foretelling, Predictor
from apps.scoring.outcomes import OUTCOMES, spells_of
from apps.scoring.predict import aim, asked_before, train
from apps.staff.models import User

HANDFUL = 20_000  # contacts
LAST = 2**62

WRITE = """
INSERT INTO scoring_chance AS kept (contact_id, chance, day)
SELECT contact, chance, %(day)s FROM unnest(
    %(contacts)s::bigint[], %(chances)s::numeric[]
) AS told (contact, chance)
WHERE EXISTS (SELECT FROM contacts_contact AS contact WHERE contact.id = told.contact)
ON CONFLICT (contact_id) DO UPDATE SET chance = excluded.chance, day = excluded.day
WHERE kept.chance IS DISTINCT FROM excluded.chance
"""
FORGET = """
DELETE FROM scoring_chance AS kept
WHERE kept.contact_id > %(after)s AND kept.contact_id <= %(upto)s
    AND NOT kept.contact_id = ANY(%(contacts)s)
"""


@transaction.atomic
def ask_for(
    *, learns: bool, at: datetime, by: User | None = None
) -> Foretelling | None:
    """One that nobody has begun serves all who ask meanwhile."""
    waiting = Foretelling.objects.filter(status=Job.Status.WAITING, attempts=0)
    if waiting.filter(learns__gte=learns).exists():
        return None
    made = Foretelling.objects.create(learns=learns, lane=Lane.BULK, due_at=at)
    if by is not None:
        note(deed="model_asked", by=by, at=at, about=made, after={"learns": learns})
    made.ring()
    return made


def foretell(job: Foretelling) -> None:
    with job.consequences():
        if job.learns and job.predictor_id is None and not job.why_not:
            learn_first(job)
        used = Predictor.objects.filter(standing="used").first()
        if used is None:
            with transaction.atomic():
                if job.still_mine():
                    job.finish(Job.Status.DONE)
            return
        go_through(job, used, read(used.body))


def learn_first(job: Foretelling) -> None:
    """What stands in its way is written down, and the chances of the one in use are
    reckoned all the same."""
    now = timezone.now()
    try:
        with transaction.atomic():
            if job.still_mine():
                made = train(at=now)
                job.predictor = made
    except Refused as refused:
        job.why_not = refused.code
        wanted = aim()
        asked = asked_before(
            spells_of(OUTCOMES[wanted.outcome]), days=wanted.days, at=now
        )
        job.found = int(sum(each.won.sum() for each in asked))
    job._write(
        predictor=job.predictor,
        why_not=job.why_not,
        found=job.found,
        due_at=now + lease_of(job.lane),
    )


def go_through(job: Foretelling, used: Predictor, learned: Learned) -> None:
    spells = spells_of(OUTCOMES[used.outcome])
    at = timezone.now()
    contacts = np.unique(spells.contacts[spells.open_at(at)])
    met = Months(learned, whole=job.after == 0)
    while one_handful(job, learned, contacts, at=at, met=met):
        pass
    if met.whole and contacts.size:
        note_drift(used, met, at=at)


class Months:
    """How this run's contacts lie in the bins, added up handful by handful."""

    def __init__(self, learned: Learned, *, whole: bool) -> None:
        self.learned, self.whole = learned, whole
        self.bins: list[Any] = []

    def add(self, bins: Any) -> None:
        if self.whole and len(self.bins) * HANDFUL < 10 * HANDFUL:
            self.bins.append(bins)


def one_handful(
    job: Foretelling, learned: Learned, contacts: Any, *, at: datetime, met: Months
) -> bool:
    """False when there is nothing more to do, or another has taken it over."""
    first = int(np.searchsorted(contacts, job.after, side="right"))
    chosen = contacts[first : first + HANDFUL]
    is_last = first + len(chosen) >= len(contacts)
    upto = LAST if is_last else int(chosen[-1])
    bins = learned.bins(known_at(chosen, at, learned.words), len(chosen))
    chances = np.round(learned.chances(bins) * 100, 1)
    met.add(bins)
    with transaction.atomic():
        if not job.still_mine():
            return False
        told = {
            "contacts": chosen.tolist(),
            "chances": chances.tolist(),
            "day": timezone.localdate(at),
            "after": job.after,
            "upto": upto,
        }
        with connection.cursor() as cursor:
            cursor.execute(WRITE, told)
            cursor.execute(FORGET, told)
        job._write(
            after=upto,
            total=len(contacts),
            done=first + len(chosen),
            bugs=0,
            due_at=timezone.now() + lease_of(job.lane),
        )
        if is_last:
            job.finish(Job.Status.DONE)
    return not is_last


def note_drift(used: Predictor, met: Months, *, at: datetime) -> None:
    """The latest run of a month counts."""
    month = f"{timezone.localdate(at):%Y-%m}"
    bins = np.concatenate(met.bins)
    with transaction.atomic():
        kept = Predictor.objects.select_for_update().get(pk=used.pk)
        told = month_of(met.learned, kept.seen, bins, None, month=month)
        others = [each for each in kept.drift if each["month"] != month]
        kept.drift = [*others, told][-24:]
        kept.save(update_fields=["drift"])
