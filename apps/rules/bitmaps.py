"""The sets that many rules share, kept as roaring bitmaps, and their deltas.

A kept set is a cache of its atom's own SQL. Triggers write down whose membership may
have changed (touching.py); a reader looks those up by the same SQL, so that what is
read is exact whether or not the changes have been folded in. All sets of a rule are
read by one statement, and so out of one snapshot: nobody sees half of a change.

Numbers of contacts fit into 32 bits.
"""

import secrets
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from pyroaring import BitMap

from apps.rules import facts, sheets
from apps.rules.algebra import PACKED, Atom, named, prefixed
from apps.rules.in_memory import hold, joined, known_among, packed
from apps.rules.models import KeptSet, Touched

MOST_KEPT = 5_000
UNUSED = timedelta(days=2)  # after which a set is forgotten
LOOKED_AFTER = timedelta(hours=1)  # how exactly its last use is known
TRIES = 4

TYPES: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "Decimal": Decimal,
}

OUT_OF_DATE = -1  # instead of a version: a shortcut does not hold
KEPT = """
SELECT kept.name, kept.version,
    CASE WHEN kept.version = known.version THEN NULL ELSE kept.members END,
    touched.contacts, kept.used_at < %(stale)s
FROM unnest(%(names)s::text[], %(versions)s::bigint[]) AS known (name, version)
JOIN rules_keptset AS kept ON kept.name = known.name
LEFT JOIN LATERAL (
    SELECT string_agg(int4send(contact::int), ''::bytea) AS contacts
    FROM rules_touched AS changed, unnest(changed.contacts) AS contact
    WHERE changed.topic = kept.topic
        AND (kept.key = '' OR changed.key IN ('', kept.key))
) AS touched ON true
"""


class Read(NamedTuple):
    """A set as it is kept, and whom it may be wrong about."""

    members: BitMap
    touched: BitMap


# --- to read --------------------------------------------------------------------------


def sets_of(
    wanted: Iterable[Atom],
    *,
    before: Callable[[list[Atom]], None] = lambda _not_kept: None,
) -> dict[str, BitMap]:
    """The contacts of each atom by its name, all at one moment. What is not kept is
    told to `before`, which may refuse it, before it is looked up."""
    every = {atom.name: atom for atom in wanted}
    keepable = {name for name, atom in every.items() if atom.is_kept}
    whole = every.keys() - keepable
    looked_at: dict[str, BitMap] = {}
    before([every[name] for name in sorted(whole)])
    for tries in range(TRIES):
        if tries == TRIES - 1:  # too much changes meanwhile: nothing is assumed
            whole, looked_at = set(every), {}
        kept, found = ask(
            [every[name] for name in sorted(keepable - whole)],
            [every[name] for name in sorted(whole)],
            {every[name]: contacts for name, contacts in looked_at.items()},
        )
        missing = keepable - whole - kept.keys()
        more = {
            name: read.touched
            for name, read in kept.items()
            if read.touched - looked_at.get(name, BitMap())
        }
        if not missing and not more:
            return put_together(kept, found, looked_at)
        before([every[name] for name in sorted(missing)])
        looked_at |= {
            name: looked_at.get(name, BitMap()) | touched
            for name, touched in more.items()
        }
        whole |= missing
        if missing and tries == 0 and (read := kept_anew(every, missing, looked_at)):
            return read
    raise AssertionError("the last try assumes nothing")


def kept_anew(
    every: dict[str, Atom], missing: set[str], looked_at: dict[str, BitMap]
) -> dict[str, BitMap] | None:
    """The same in one statement, after which `missing` are kept. Who folds comes first:
    None while somebody does, or if something changed meanwhile."""
    others = [every[n] for n in sorted(every) if every[n].is_kept and n not in missing]
    whole = [every[n] for n in sorted(every) if not every[n].is_kept or n in missing]
    again = {every[name]: contacts for name, contacts in looked_at.items()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({facts.TURN})")
        if not cursor.fetchone()[0] or KeptSet.objects.count() >= MOST_KEPT:
            return None
        kept, found = ask(others, whole, again)
        if len(kept) < len(others) or any(
            read.touched - looked_at.get(name, BitMap()) for name, read in kept.items()
        ):
            return None
        new = [row_of(every[name], found[name]) for name in sorted(missing)]
        KeptSet.objects.bulk_create(new, ignore_conflicts=True)
    return put_together(kept, found, looked_at)


def put_together(
    kept: dict[str, "Read"], found: dict[str, BitMap], looked_at: dict[str, BitMap]
) -> dict[str, BitMap]:
    """What was looked up takes the place of what was kept of the same contacts."""
    return found | {
        name: read.members - looked_at[name] | found[name]
        if name in looked_at
        else read.members
        for name, read in kept.items()
    }


def ask(
    kept: list[Atom],
    whole: list[Atom],
    narrowed: dict[Atom, BitMap],
    *,
    short: bool = True,
) -> tuple[dict[str, Read], dict[str, BitMap]]:
    """One statement for all: what is kept, and what must be looked up. `short` takes
    the shortcuts, and asks again without them if one does not hold."""
    arms: list[str] = []
    parameters: dict[str, Any] = {}
    ways: dict[str, Callable[[bytes], BitMap]] = {}
    if kept:
        names = [atom.name for atom in kept]
        mine = known_among(names)
        versions = [mine[n][0] if n in mine else 0 for n in names]
        arms.append(KEPT)
        parameters |= {"names": names, "versions": versions, "stale": stale_before()}
    for number, atom in enumerate((*whole, *narrowed)):
        prefix = f"a{number}_"
        contacts = narrowed.get(atom)
        who = "" if contacts is None else f"= ANY(%({prefix}who)s)"
        name = f"SELECT %({prefix}name)s, NULL::bigint"
        if short and contacts is None and (way := atom.shortcut):
            ways[atom.name] = way.reads
            holds, sql = prefixed(way.holds, prefix), prefixed(way.sql, prefix)
            more = named(way.parameters.items(), prefix)
            arms.append(
                f"SELECT '', {OUT_OF_DATE}::bigint, NULL::bytea, NULL::bytea, false "
                f"WHERE NOT {holds}"
            )
            arms.append(f"{name}, way.*, false FROM ({sql}) AS way")
        else:
            sql, more = atom.statement(prefix, who=who)
            arms.append(f"{name}, {PACKED}, NULL::bytea, false FROM ({sql}) AS found")
        if contacts is not None:
            more[f"{prefix}who"] = contacts.to_array().tolist()
        parameters |= more | {f"{prefix}name": atom.name}
    read: dict[str, Read] = {}
    told: dict[str, list[tuple[Any, Any]]] = {}
    used = []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(arms), parameters)
        for name, version, members, touched, is_stale in cursor.fetchall():
            if version == OUT_OF_DATE:
                return ask(kept, whole, narrowed, short=False)
            if version is None:
                told.setdefault(name, []).append((members, touched))
                continue
            if members is None:
                bitmap = mine[name][1]
            else:
                raw = bytes(members)
                bitmap = BitMap.deserialize(raw)
                hold(name, version, bitmap, len(raw))
            read[name] = Read(bitmap, packed(bytes(touched or b"")))
            used += [name] if is_stale else []
    if used:
        KeptSet.objects.filter(name__in=used).update(used_at=timezone.now())
    found = {
        name: ways.get(name, packed)(joined(each[0] for each in parts))
        - packed(joined(each[1] for each in parts))
        for name, parts in told.items()
    }
    return read, found


def is_in(wanted: Iterable[Atom], contact_id: int) -> dict[str, bool]:
    """Of one contact: which atoms hold, by the atoms' own SQL."""
    arms: list[str] = []
    parameters: dict[str, Any] = {"contact": contact_id}
    names = []
    for number, atom in enumerate(dict.fromkeys(wanted)):
        sql, more = atom.statement(f"a{number}_", who="= %(contact)s")
        arms.append(f"SELECT {number} WHERE EXISTS ({sql})")
        parameters |= more
        names.append(atom.name)
    if not arms:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(arms), parameters)
        holds = {number for (number,) in cursor.fetchall()}
    return {name: number in holds for number, name in enumerate(names)}


def fresh(wanted: Iterable[Atom]) -> dict[str, BitMap]:
    """By the atoms' own SQL, whatever is kept: where money hangs on it."""
    every = list({atom.name: atom for atom in wanted}.values())
    _kept, found = ask([], every, {}, short=False)
    return found


# --- to keep, and to fold -------------------------------------------------------------


def row_of(atom: Atom, members: BitMap) -> KeptSet:
    return KeptSet(
        name=atom.name,
        topic=atom.topic,
        key=atom.key,
        sql=atom.sql,
        contact=atom.contact,
        parameters=[as_kept(name, value) for name, value in atom.parameters],
        **content(members),
    )


def content(members: BitMap) -> dict[str, Any]:
    members.run_optimize()
    return {
        "members": members.serialize(),
        "many": len(members),
        "version": secrets.randbits(62),
    }


def fold(*, at: datetime) -> set[tuple[str, str]]:
    """Bring the kept sets up to date; answers the topics and keys that were touched."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({facts.TURN})")
        cursor.execute("DELETE FROM rules_touched RETURNING topic, key, contacts")
        changed: dict[tuple[str, str], BitMap] = {}
        for topic, key, contacts in cursor.fetchall():
            changed.setdefault((topic, key), BitMap()).update(contacts)
        for topic in sorted({topic for topic, _key in changed}):
            of_topic = {k: c for (t, k), c in changed.items() if t == topic}
            for kept in concerned(topic, set(of_topic)):
                keys = of_topic if kept.key == "" else {"", kept.key}
                touched = BitMap.union(
                    BitMap(), *(c for k, c in of_topic.items() if k in keys)
                )
                look_again(kept, touched)
        by_topic: dict[str, BitMap] = {}
        for (topic, _key), contacts in changed.items():
            by_topic[topic] = by_topic.get(topic, BitMap()) | contacts
        facts.fold(by_topic, today=timezone.localdate(at))
        sheets.fold()
    KeptSet.objects.filter(used_at__lt=at - UNUSED).delete()
    return set(changed)


def as_kept(name: str, value: Any) -> list[Any]:
    """A parameter with its type, as JSON can hold it."""
    for kind in TYPES:
        if type(value).__name__ == kind:
            return [name, kind, str(value)]
    return [name, "", value]


def as_told(name: str, kind: str, value: Any) -> tuple[str, Any]:
    return name, TYPES[kind](value) if kind else value


def concerned(topic: str, keys: set[str]) -> list[KeptSet]:
    rows = KeptSet.objects.filter(topic=topic)
    if "" not in keys:
        rows = rows.filter(key__in=["", *keys])
    return list(rows)


def look_again(kept: KeptSet, touched: BitMap) -> None:
    held_by = tuple(as_told(*each) for each in kept.parameters)
    atom = Atom(kept.name, kept.sql, held_by, kept.contact, kept.topic)
    _kept, found = ask([], [], {atom: touched})
    before = BitMap.deserialize(bytes(kept.members))
    after = before - touched | found[atom.name]
    if after != before:
        KeptSet.objects.filter(pk=kept.pk).update(**content(after))


def forget_all() -> None:
    """All sets are worked out anew when they are next asked for."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({facts.TURN})")
        KeptSet.objects.all().delete()


def waiting() -> int:
    """How many changes are not folded yet."""
    return Touched.objects.count()


def stale_before() -> datetime:
    return timezone.now() - LOOKED_AFTER
