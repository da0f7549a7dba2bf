"""The sandbox corp: its true state, what is done in it, and how it came to be.

The true state lies in the tables of `database.py`. It changes in two ways: by an
act (`do`), which is what people do in WeCom's client and console and which WeCom
tells of, and by a call of the API, of which WeCom tells nothing.
"""

import random
from collections.abc import Sequence
from typing import Any

from apps.sandbox import dump as dumping
from apps.sandbox import population
from apps.sandbox.acts import (
    contacts,
    departments,
    groups,
    joins,
    links,
    logins,
    miniprogram,
    other,
    staff,
    tags,
    transfers,
    ways,
)
from apps.sandbox.acts.registry import ACTS
from apps.sandbox.database import empty
from apps.sandbox.records import CannotDo, Records

# Importing these modules is what fills the table of acts.
KINDS_OF_ACT = (
    *(contacts, departments, groups, joins, links, logins, miniprogram),
    *(other, staff, tags, transfers, ways),
)

MEASURES = ("seed", "employees", "contacts", "groups")


class Corp(Records):
    """One corp. Safe to use from many threads; one process to a state file."""

    def do(self, what: str, *, at: int | None = None, **about: Any) -> dict[str, Any]:
        """Let people do something: `corp.do("add", userid="lihua", state="qr_1")`.

        `at` is the moment in Unix seconds, the corp's clock if left out. Answers
        what was done, with the `news` that WeCom tells of it: a list of
        {"receiver": "app" | "contacts", "message": {…}}. Raises CannotDo when the
        act is unknown or does not fit the state.
        """
        if what not in ACTS:
            raise CannotDo(f"There is no act {what!r}; there are {sorted(ACTS)}.")
        with self.changing():
            heard = len(self.untold)
            try:
                done = ACTS[what](self, at=self.now() if at is None else at, **about)
            except TypeError as error:
                raise CannotDo(f"{what}: {error}") from error
            news = self.untold[heard:]
        told = [{"receiver": one.receiver, "message": one.message} for one in news]
        return {"did": what, **done, "news": told}

    def populate(
        self,
        *,
        seed: int = 1,
        employees: int = 20,
        contacts: int = 2000,
        groups: int = 60,
        at: int | None = None,
    ) -> None:
        """Forget everything, then fill the corp with a population from the seed."""
        measures = {
            "seed": seed,
            "employees": employees,
            "contacts": contacts,
            "groups": groups,
        }
        with self.changing():
            empty(self.database)
            self.counter = 0
            self.chats_changed_at.clear()
            self.chats_told.clear()
            self.random = random.Random(seed)
            for name, value in measures.items():
                self.write_note(name, str(value))
            population.populate(self, at=self.now() if at is None else at, **measures)

    def measures(self) -> dict[str, int]:
        """The seed and sizes it was populated with; empty if it never was."""
        noted = {name: self.note(name) for name in MEASURES}
        return {name: int(value) for name, value in noted.items() if value}

    def dump(self, parts: Sequence[str] | None = None) -> dict[str, Any]:
        """The true state: departments, users, customers with their follows, groups
        with their members, tag_groups with their tags, transfers, unassigned,
        welcomes, contact_ways and messages."""
        return dumping.dump(self, parts)
