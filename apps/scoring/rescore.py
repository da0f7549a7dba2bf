"""Scores are reckoned anew, step by step; whoever dies costs one step.

Drafts: first the ledger gets the lines that they would have earned from all that has
happened, then their sums are folded and put beside those in force, whose scores stay as
they are. Who earns meanwhile earns under the drafts as well: what came since the fold
began is folded again at its end. When a change comes into force all scores are settled,
a lump of contacts after the other.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from apps.common.faults import reached
from apps.common.jobs import Job
from apps.common.lanes import Lane, lease_of
from apps.common.turns import share_turn, take_turns
from apps.rules.tree import NotUnderstood
from apps.scoring import fits, settle
from apps.scoring.earn import statements
from apps.scoring.fold import sums
from apps.scoring.models import Earning, Rescore, ScoreVersion, Standing
from apps.scoring.moved import refold
from apps.scoring.scale import Scale, graded
from apps.scoring.settle import TURN

Does = Rescore.Does
LUMP = 20_000
SMALL = 5_000  # contacts: somebody may wait for it
APPEND = """
INSERT INTO scoring_earning (version_id, contact_id, cause, at, points)
SELECT told.version_id, coalesce(contact.merged_into_id, contact.id), told.cause,
    told.at, told.points
FROM ({meant}) AS told JOIN contacts_contact AS contact ON contact.id = told.contact_id
ON CONFLICT (version_id, cause) DO NOTHING
"""
FOLD = """
CREATE TEMPORARY TABLE scoring_folded AS
SELECT row_number() OVER () AS place, folded.* FROM ({sums}) AS folded
"""
INDEXED = (
    "CREATE UNIQUE INDEX ON scoring_folded (place)",
    "CREATE INDEX ON scoring_folded (contact_id)",
    "ANALYZE scoring_folded",
)
DROP = "DROP TABLE IF EXISTS scoring_folded"
# Whoever has nothing of what stood in these slots before.
CLEAR = """
UPDATE scoring_standing AS kept SET {clears}
WHERE ({any}) AND NOT EXISTS (
    SELECT FROM scoring_folded AS folded WHERE folded.contact_id = kept.contact_id
)
"""
PUT = """
WITH told AS MATERIALIZED (
    SELECT folded.* FROM scoring_folded AS folded
    JOIN contacts_contact AS contact ON contact.id = folded.contact_id
        AND contact.merged_into_id IS NULL
    WHERE folded.place BETWEEN %(first)s AND %(last)s
), source AS MATERIALIZED (
    SELECT told.contact_id, ARRAY[{sums}]::float8[] AS sums,
        coalesce(old.grade, '') AS grade, coalesce(old.generation, 0) AS generation
    FROM told LEFT JOIN scoring_standing AS old ON old.contact_id = told.contact_id
), found AS ({graded})
INSERT INTO scoring_standing AS kept (contact_id, sums, fit, engagement, score, grade,
    generation, due_at, graded_at)
SELECT contact_id, sums, fit, engagement, score, grade, %(generation)s,
    CASE WHEN NOT for_ever THEN due_at END, %(at)s
FROM found ORDER BY contact_id
ON CONFLICT (contact_id) DO UPDATE SET {sets}
WHERE {differs}
"""


# --- asked for ------------------------------------------------------------------------


def ask_for(does: str, *, at: datetime) -> Rescore:
    """One that nobody has begun serves all who ask meanwhile."""
    waiting = Rescore.objects.filter(
        does=does, status=Job.Status.WAITING, attempts=0
    ).first()
    if waiting:
        return waiting
    job = Rescore.objects.create(does=does, lane=Lane.BULK, made_at=at)
    job.ring()
    return job


def is_small() -> bool:
    return not Standing.objects.all()[SMALL : SMALL + 1].exists()


# --- one step after the other ---------------------------------------------------------


def advance(job: Rescore) -> None:
    with job.consequences():
        while one_step(job):
            pass


def one_step(job: Rescore) -> bool:
    """False at the end, or when another has taken it over."""
    with transaction.atomic():
        if not job.still_mine():
            return False
        take_turns("scoring rescore")
        step = STEPS[job.does, job.step]
        more = step(job)
        if not more:
            job.finish(Job.Status.DONE)
        else:
            due_at = timezone.now() + lease_of(job.lane)
            told = ("step", "place", "total", "done", "doing")
            job._write(due_at=due_at, bugs=0, **{n: getattr(job, n) for n in told})
        reached("scoring.step")
    return more


def drafts() -> list[ScoreVersion]:
    found = ScoreVersion.objects.drafts().filter(ends=False, ready_at=None)
    return list(found.select_related("group", "rule").order_by("slot"))


def write_lines(job: Rescore) -> bool:
    """The lines of one draft."""
    left = [version for version in drafts() if version.pk > job.place]
    left.sort(key=lambda version: version.pk)
    if not left:
        job.step, job.place = "mark", 0
        return True
    version, *_others = left
    parts, held = statements([] if version.earns_as_id else [version])
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(APPEND.format(meant=parts[0]), held)
    elif not version.is_event and not version.earns_as_id:
        try:
            fits.begin(version, at=timezone.now())
        except NotUnderstood as wrong:
            ScoreVersion.objects.filter(pk=version.pk).update(trouble=str(wrong)[:300])
    job.place = version.pk
    job.doing, job.total = str(version.rule)[:64], max(job.total, len(left))
    job.done += 1
    return True


def mark(job: Rescore) -> bool:
    """Once nobody is in the middle of earning: until here the fold sees every line."""
    take_turns(TURN)
    job.place = Earning.objects.aggregate(last=Max("pk"))["last"] or 0
    job.step, job.done = "fold", 0
    return True


def fold(job: Rescore) -> bool:
    """Sums of all contacts, kept for as long as this session lasts."""
    versions = drafts()
    job.step, job.total, job.done = "late", 0, 0
    if versions:
        statement, held = sums(versions)
        slots = [version.slot for version in versions]
        clear = CLEAR.format(
            clears=", ".join(f"sums[{slot}] = 0" for slot in slots),
            any=" OR ".join(f"kept.sums[{slot}] <> 0" for slot in slots),
        )
        with connection.cursor() as cursor:
            cursor.execute(DROP)
            cursor.execute(FOLD.format(sums=statement), held)
            for other in (*INDEXED, clear):
                cursor.execute(other)
            cursor.execute("SELECT coalesce(max(place), 0) FROM scoring_folded")
            [job.total] = cursor.fetchone()
        job.step = "put"
    return True


def put(job: Rescore) -> bool:
    """The next contacts; from the mark again, if the sums went with their session."""
    versions, at = drafts(), timezone.now()
    scale = Scale.now(at=at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_temp.scoring_folded') IS NULL")
        [is_gone] = cursor.fetchone()
        if is_gone:
            job.step = "mark"
        elif job.done >= job.total or not versions:
            cursor.execute(DROP)
            job.step = "late"
        else:
            last = min(job.done + LUMP, job.total)
            told: dict[str, Any] = {"at": at, "generation": scale.generation}
            told |= {"first": job.done + 1, "last": last}
            cursor.execute(put_statement(versions, scale), told)
            job.done = last
    return True


def put_statement(versions: list[ScoreVersion], scale: Scale) -> str:
    slots = {version.slot for version in versions}
    most = ScoreVersion.objects.counting().aggregate(most=Max("slot"))["most"] or 0

    def value(slot: int) -> str:
        return f"told.s{slot}" if slot in slots else f"coalesce(old.sums[{slot}], 0)"

    return PUT.format(
        sums=", ".join(value(slot) for slot in range(1, most + 1)),
        graded=graded(scale, source="SELECT * FROM source"),
        sets=", ".join(f"sums[{slot}] = excluded.sums[{slot}]" for slot in slots),
        differs=" OR ".join(
            f"kept.sums[{slot}] IS DISTINCT FROM excluded.sums[{slot}]"
            for slot in slots
        ),
    )


def fold_late_ones(job: Rescore) -> bool:
    """Whoever earned under a draft since the mark."""
    versions = drafts()
    late = Earning.objects.filter(
        pk__gt=job.place, version__in={v.ledger for v in versions}
    )
    asked = set(late.values_list("contact_id", flat=True).distinct())
    if asked:
        refold(asked, at=timezone.now(), silent=True)
    ready = ScoreVersion.objects.filter(pk__in=[v.pk for v in versions])
    ready.update(ready_at=timezone.now())
    return False


def settle_a_lump(job: Rescore) -> bool:
    """The next contacts, by number, under what is in force."""
    at = timezone.now()
    rows = Standing.objects.filter(contact_id__gt=job.place).order_by("contact_id")
    lump = list(rows.values_list("contact_id", flat=True)[:LUMP])
    if not lump:
        return False
    if not job.total:
        job.total = Standing.objects.count()
    share_turn(TURN)
    settle.hold(lump)
    settle.settle(lump, at=at, silent=True)
    job.place, job.done = lump[-1], job.done + len(lump)
    return True


STEPS: dict[tuple[str, str], Callable[[Rescore], bool]] = {
    (Does.RECKON, ""): write_lines,
    (Does.RECKON, "mark"): mark,
    (Does.RECKON, "fold"): fold,
    (Does.RECKON, "put"): put,
    (Does.RECKON, "late"): fold_late_ones,
    (Does.SETTLE, ""): settle_a_lump,
}
