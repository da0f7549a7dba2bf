"""How many rows a merge wrote."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class Kept:
    """Rows that are new, rows that differed, and rows that are gone."""

    new: int = 0
    different: int = 0
    gone: int = 0
