"""Find a Chinese name by its characters, its pinyin or its initials.

Two columns make that fast at a million rows. `grams` holds every character and
every pair of neighbours of a name: pg_trgm cannot serve one or two Chinese
characters. `spelling` holds full pinyin and initials of every reading, each after
a space, so that `LIKE '% zs%'` finds beginnings through a trigram index.
"""

import itertools
import unicodedata
from functools import cache

from django.db.models import Q
from pypinyin import Style, pinyin

READINGS = 8  # a name with several heteronyms has more readings than anybody types


def plain(text: str) -> str:
    """Lower case, full width made half, no spaces or control characters."""
    text = unicodedata.normalize("NFKC", text).lower()
    if text.isalnum():
        return text
    return "".join(c for c in text if c.isalnum() or unicodedata.category(c) == "So")


def grams(*names: str) -> list[str]:
    found: set[str] = set()
    for name in map(plain, names):
        found.update(name)
        found.update(map("".join, itertools.pairwise(name)))
    return sorted(found)


def spelling(*names: str) -> str:
    """' zhangsanfeng zsf': a space, then a spelling, for every reading of each name."""
    spelled = dict.fromkeys(s for name in names for s in spellings(plain(name)))
    return "".join(f" {s}" for s in spelled)


def spellings(name: str) -> list[str]:
    """Full pinyin and initials of the first few readings of a plain name."""
    if not name:
        return []
    readings = itertools.islice(itertools.product(*map(syllables, name[:32])), READINGS)
    return [
        spelled
        for reading in readings
        for spelled in ("".join(reading), "".join(syllable[:1] for syllable in reading))
    ]


@cache
def syllables(character: str) -> tuple[str, ...]:
    """曾 becomes (zeng, ceng); a Latin letter stays itself."""
    return tuple(pinyin(character, style=Style.NORMAL, heteronym=True)[0])


def sort_key(name: str) -> str:
    """The first reading; no collation of PostgreSQL's sorts Chinese without ICU."""
    return (spellings(plain(name)) or [""])[0][:64]


def spelled_like(term: str) -> Q:
    """Rows with `grams` and `spelling` whose name holds or begins like the term."""
    term = plain(term)
    if not term:
        return Q(pk__in=[])
    pairs = list(map("".join, itertools.pairwise(term))) or [term]
    by_characters = Q(grams__contains=pairs)
    if term.isascii():
        return by_characters | Q(spelling__contains=f" {term}")
    return by_characters
