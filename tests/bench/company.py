"""A company of any size, written straight into the tables: a process of its own.

    python -m tests.bench.company CONTACTS

How much of everything stands in company_rows.py. Names are spelled as ours are, ids are
sealed and digested as ours are; indexes are taken away meanwhile and made again, so
that a million contacts take minutes.
"""

import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django

from tests.bench.company_rows import DICE, ROWS, TABLES

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
)
GIVEN = (
    "伟芳娜敏静丽强磊洋艳勇军杰娟涛明超秀霞平刚桂英华玉萍红玲建文辉力永健世广志义兴良海"
)
EMPLOYEES, DEPARTMENTS, TAGS, GROUPS, PRODUCTS = 400, 40, 200, 1_000, 500
RARE = 20  # of the tags are carried by one contact in five thousand
FIELDS = (("生日", "date"), ("购买意向", "choice"), ("门店数", "number"))

# Those that enforce a constraint by themselves stay.
INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid
WHERE t.relname = ANY(%s) AND NOT i.indisprimary
    AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
ORDER BY 1
"""


def fill(contacts: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no foreign keys
        cursor.execute("SET synchronous_commit = off; SET maintenance_work_mem = '1GB'")
        places = {
            "contacts": contacts,
            "names": words(cursor),
            "employees": EMPLOYEES,
            "tags": TAGS,
            "rare": RARE,
            "groups": GROUPS,
            "products": PRODUCTS,
        }
        people()
        with without_indexes(cursor):
            for name, statement in ROWS.items():
                print(name, file=sys.stderr, flush=True)
                cursor.execute(statement.format(**places))
        for table in TABLES:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                f" (SELECT max(id) FROM {table}))"
            )
        cursor.execute("VACUUM ANALYZE")


def words(cursor: Any) -> int:
    """Names with their spellings, and the digests of ten thousand phones' ends."""
    from apps.common.sealing import seal
    from apps.common.spelling import grams, spelling
    from apps.contacts.querysets import phone_tail_digest

    cursor.execute(DICE)
    cursor.execute(
        "CREATE TEMP TABLE names (id int, name text, spelling text, grams text[]);"
        "CREATE TEMP TABLE tails (id int, digest bytea, sealed bytea)"
    )
    found = list(map("".join, itertools.product(SURNAMES, GIVEN, GIVEN[::3])))
    with cursor.copy("COPY names FROM STDIN") as copy:
        for number, name in enumerate(found):
            # a stride that has no factor in common with them mixes the names
            place = number * 7919 % len(found)
            copy.write_row((place, name, spelling(name), grams(name)))
    sealed = seal("13800001234")
    with cursor.copy("COPY tails FROM STDIN") as copy:
        for number in range(10_000):
            copy.write_row((number, phone_tail_digest(f"1380000{number:04}"), sealed))
    cursor.execute("ANALYZE names; ANALYZE tails")
    return len(found)


def people() -> None:
    """Employees in their departments, tags, group chats, products, fields."""
    from django.utils import timezone

    from apps.contacts.models import Attribute, AttributeChoice
    from apps.groups.models import GroupChat
    from apps.orders.models import Product
    from apps.staff.models import Department, Employee, Posting
    from apps.tags.models import Tag, TagGroup

    Department.objects.bulk_create(
        Department(
            pk=n, wecom_id=n, name=f"部门{n}", parent_id=1 + n // 8 if n > 1 else None
        )
        for n in range(1, DEPARTMENTS + 1)
    )
    staff = Employee.objects.bulk_create(
        Employee(
            pk=n,
            wecom_id=f"e{n}",
            name=f"员工{n}",
            status=1,
            serves=True,
            main_department_id=1 + n % DEPARTMENTS,
        )
        for n in range(1, EMPLOYEES + 1)
    )
    Posting.objects.bulk_create(
        Posting(employee=one, department_id=one.main_department_id) for one in staff
    )
    TagGroup.objects.bulk_create(
        TagGroup(pk=n, wecom_id=f"g{n}", name=f"标签组{n}", kind="corp")
        for n in range(1, 21)
    )
    Tag.objects.bulk_create(
        Tag(pk=n, wecom_id=f"t{n}", name=f"标签{n}", group_id=1 + n % 20)
        for n in range(1, TAGS + 1)
    )
    GroupChat.objects.bulk_create(
        GroupChat(
            pk=n,
            wecom_id=f"wr{n}",
            name=f"客户{n}群",
            owner_id=1 + n % EMPLOYEES,
            status=0,
            created_at=timezone.now(),
        )
        for n in range(1, GROUPS + 1)
    )
    Product.objects.bulk_create(
        Product(pk=n, system="mall", number=f"sku-{n}", name=f"商品{n}")
        for n in range(1, PRODUCTS + 1)
    )
    for position, (name, type) in enumerate(FIELDS):
        made = Attribute.objects.create(
            name=name,
            type=type,
            face="basic",
            purpose="了解客户",
            origin="员工询问",
            position=position,
        )
        if type == "choice":
            for option in ("强烈", "一般", "暂无"):
                AttributeChoice.objects.create(attribute=made, name=option)


@contextmanager
def without_indexes(cursor: Any) -> Iterator[None]:
    cursor.execute(INDEXES, [list(TABLES)])
    indexes = cursor.fetchall()
    for name, _made in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for name, made in indexes:
        print(name, file=sys.stderr, flush=True)
        cursor.execute(made)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
    django.setup()
    fill(int(sys.argv[1]))
