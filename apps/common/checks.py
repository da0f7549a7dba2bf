"""A database in which Chinese cannot be found is refused before it has any tables.

Under the locale C, PostgreSQL's trigrams drop every Chinese character, and an index of
them filters nothing: all would work, and be slow or find nothing. `migrate` asks this.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

KNOWS_LETTERS = """
SELECT pg_encoding_to_char(encoding) = 'UTF8' AND datctype NOT IN ('C', 'POSIX'),
    datname, datctype, pg_encoding_to_char(encoding)
FROM pg_database WHERE datname = current_database()
"""
HINT = (
    "Make it anew: CREATE DATABASE scrm TEMPLATE template0 ENCODING 'UTF8' "
    "LOCALE 'C.UTF-8' (docs/deploy.md)."
)


@register(Tags.database)
def speaks_chinese(
    *, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    return [wrong for alias in databases or () for wrong in wrong_locale(alias)]


def wrong_locale(alias: str) -> list[CheckMessage]:
    with connections[alias].cursor() as cursor:
        cursor.execute(KNOWS_LETTERS)
        fits, name, locale, encoding = cursor.fetchone()
    if fits:
        return []
    what = f"The database {name} has the locale {locale} and the encoding {encoding}."
    return [Error(f"{what} Chinese cannot be searched in it.", hint=HINT, id="scrm.E1")]
