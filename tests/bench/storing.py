"""How fast pages of contacts are stored, beside bare SQL that stores the same rows.

Run by reconcile.py in a process of its own, on an empty database. Pages of a hundred
follows go in turn to our own `keep` and to a COPY with four INSERTs, each page in one
transaction of either. Bare SQL stores the same rows under the same indexes: contacts,
identities, follows, taggings, two events for each, and what was seen. `narrow` is the
ratio to the first four alone.
"""

import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from apps.common.spelling import grams, spelling  # noqa: E402
from apps.contacts.phones import sealed_phones  # noqa: E402
from apps.contacts.rows import Details, FollowRow, Profile  # noqa: E402
from apps.events.models import EventRecord  # noqa: E402
from apps.staff.models import Employee  # noqa: E402
from apps.sync import contacts  # noqa: E402
from apps.sync.keep import keep  # noqa: E402
from apps.sync.models import Chain, Pull  # noqa: E402
from apps.sync.page import Page  # noqa: E402
from apps.sync.words import Listed  # noqa: E402
from apps.tags.models import Tag  # noqa: E402

PAIRS, PAGES, PAGE = 7, 20, 100
EMPLOYEES, TAGS = 20, 50
NAMES = "王李张刘陈杨赵黄周吴静伟芳敏强磊军洋勇艳杰涛明超秀英华玲桂"
READ_AT = datetime(2026, 3, 1, tzinfo=UTC)
numbers = count(1)

COLUMNS = (
    "contact_id bigint, identity_id bigint, follow_id bigint, external_id text,"
    " union_id text, employee_id bigint, began_at timestamptz, name text,"
    " kind smallint, gender smallint, avatar text, position text, corp_name text,"
    " spelling text, grams text[], remark text, description text,"
    " remark_corp_name text,"
    " phones_sealed bytea, phones_digest bytea, add_way smallint, added_by text,"
    " state text, tags bigint[]"
)
BARE = [
    """
    INSERT INTO contacts_contact (id, name, kind, gender, avatar, position, corp_name,
        standing, owner_id, added_at, created_at, spelling, grams)
    SELECT contact_id, name, kind, gender, avatar, position, corp_name, 'friend',
        employee_id, began_at, now(), spelling, grams FROM bare
    ON CONFLICT (id) DO UPDATE SET name = excluded.name
        WHERE contacts_contact.name IS DISTINCT FROM excluded.name
    """,
    """
    INSERT INTO contacts_identity (id, contact_id, kind, system, value, sealed, digest,
        tail_digest, source, verified, first_seen_at, last_seen_at)
    SELECT identity_id, contact_id, 'external', '', external_id, ''::bytea, ''::bytea,
        ''::bytea, 'first_pull', true, began_at, began_at FROM bare
    UNION ALL
    SELECT identity_id + 1, contact_id, 'union', '', union_id, '', '', '',
        'first_pull', true, began_at, began_at FROM bare
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO contacts_follow (id, identity_id, employee_id, started_at, start_known,
        confirmed_at, end_known, ended_by, state, add_way, added_by, remark,
        description, remark_corp_name, phones_sealed, phones_digest, read_at)
    SELECT follow_id, identity_id, employee_id, began_at, true, began_at, true, '',
        state, add_way, added_by, remark, description, remark_corp_name,
        phones_sealed, phones_digest, began_at FROM bare
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO tags_tagging (contact_id, tag_id, follow_id, source, at)
    SELECT contact_id, unnest(tags), follow_id, 'first_pull', NULL FROM bare
    ON CONFLICT DO NOTHING
    """,
]


MORE = [
    """
    INSERT INTO events_eventrecord (kind, contact_id, actor_id, source, facts, at,
        recorded_at)
    SELECT 'ContactCreated', contact_id, NULL::bigint, 'first_pull', '{}'::jsonb,
        began_at, now()
    FROM bare
    UNION ALL
    SELECT 'FollowStarted', contact_id, NULL, 'first_pull', jsonb_build_object(
        'follow_id', follow_id, 'employee_id', employee_id, 'state', state),
        began_at, now() FROM bare
    """,
    """
    INSERT INTO sync_sighting (pull_id, step, whole, item)
    SELECT %(pull)s, 'contacts', employee_id::text, external_id FROM bare
    ON CONFLICT DO NOTHING
    """,
]


def a_page(chance: random.Random) -> list[Listed]:
    return [a_follow(chance, next(numbers)) for _row in range(PAGE)]


def a_follow(chance: random.Random, number: int) -> Listed:
    name = "".join(chance.sample(NAMES, chance.choice((2, 3))))
    mobile = (f"138{number:08d}",) if chance.random() < 0.1 else ()
    return Listed(
        account=f"e{chance.randrange(EMPLOYEES)}",
        tag_ids=frozenset(f"tag{n}" for n in chance.sample(range(TAGS), 2)),
        follow=FollowRow(
            external_id=f"wm{number:030d}",
            employee_id=0,
            began_at=READ_AT - timedelta(seconds=number),
            state="",
            read_at=READ_AT,
            profile=Profile(
                name=name,
                kind=1,
                gender=1,
                avatar=f"https://wx.qlogo.cn/mmhead/{number}/0",
                union_id=f"o{number:027d}",
            ),
            details=Details(
                remark=f"{name}·老客户" if chance.random() < 0.4 else "",
                phones=mobile,
                add_way=1,
                added_by="e1",
            ),
        ),
    )


def ours(pages: list[list[Listed]]) -> float:
    """Seconds in which they are kept, as a first pull keeps them."""
    source = EventRecord.Source.FIRST_PULL
    pull = Pull.objects.create(lane="bulk", source=source, doing="contacts")
    chain = Chain.objects.create(pull=pull, step="contacts", number=1, keys=["e1"])
    began = time.perf_counter()
    for rows in pages:
        keep(pull, contacts, chain, Page(rows=rows, next_cursor="x"))
        pull.refresh_from_db()
    took = time.perf_counter() - began
    pull.delete()
    return took


def bare(
    pages: list[list[Listed]], ids: Iterator[int], *, narrow: bool = False
) -> float:
    """The same by bare SQL; what we work out ourselves is worked out beforehand."""
    source = EventRecord.Source.FIRST_PULL
    pull = Pull.objects.create(lane="bulk", source=source, doing="contacts")
    statements = BARE if narrow else [*BARE, *MORE]
    employees = dict(Employee.objects.values_list("wecom_id", "pk"))
    tags = dict(Tag.objects.values_list("wecom_id", "pk"))
    values = [[row_of(row, employees, tags, ids) for row in page] for page in pages]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS bare ({COLUMNS})")
        began = time.perf_counter()
        for page in values:
            with transaction.atomic():
                cursor.execute("TRUNCATE bare")
                with cursor.copy("COPY bare FROM STDIN") as copy:
                    for row in page:
                        copy.write_row(row)
                for statement in statements:
                    cursor.execute(statement, {"pull": pull.pk})
        took = time.perf_counter() - began
    pull.delete()
    return took


def row_of(row: Listed, employees: dict, tags: dict, ids: Iterator[int]) -> tuple:
    follow, number = row.follow, next(ids)
    told, kept = follow.profile, follow.details
    assert told is not None and kept is not None
    return (
        *(number, number, number, follow.external_id, told.union_id),
        *(employees[row.account], follow.began_at, told.name, told.kind, told.gender),
        *(told.avatar, told.position, told.corp_name),
        *(spelling(told.name, kept.remark), grams(told.name, kept.remark)),
        *(kept.remark, kept.description, kept.remark_corp_name),
        *(*sealed_phones(kept.phones), kept.add_way, kept.added_by, follow.state),
        [tags[tag] for tag in sorted(row.tag_ids)],
    )


def main() -> None:
    chance = random.Random(1)
    Employee.objects.bulk_create(
        Employee(wecom_id=f"e{number}", status=1, serves=True)
        for number in range(EMPLOYEES)
    )
    Tag.objects.bulk_create(
        Tag(wecom_id=f"tag{number}", name=f"标签{number}") for number in range(TAGS)
    )
    ids = count(1_000_000_000, 2)
    ours([a_page(chance)])
    bare([a_page(chance)], ids)
    ratios: dict[str, list[float]] = {"ratio": [], "narrow": [], "again": []}
    for number in range(PAIRS):
        mine, others, few = ([a_page(chance) for _ in range(PAGES)] for _ in range(3))
        turns = {
            "ours": partial(ours, mine),
            "bare": partial(bare, others, ids),
            "narrow": partial(bare, few, ids, narrow=True),
        }
        order = list(turns)[:: -1 if number % 2 else 1]
        took = {name: turns[name]() for name in order}
        ratios["ratio"].append(took["bare"] / took["ours"])
        ratios["narrow"].append(took["narrow"] / took["ours"])
        ratios["again"].append(PAGES / ours(mine))
        print({name: round(t, 2) for name, t in took.items()}, file=sys.stderr)
    print(
        json.dumps(
            {
                "ratio": statistics.median(ratios["ratio"]),
                "from": min(ratios["ratio"]),
                "to": max(ratios["ratio"]),
                "narrow": statistics.median(ratios["narrow"]),
                "unchanged": statistics.median(ratios["again"]),
            }
        )
    )


if __name__ == "__main__":
    main()
