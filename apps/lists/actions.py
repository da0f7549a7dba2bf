"""What can be done to many rows of a list; apps above bring what they can do.

An action is registered at start-up by the app that knows how it is done. It is given a
handful of rows at a time, in a transaction, and says of each what became of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.common.errors import Refused
from apps.lists.models import Batch, BatchRow
from apps.staff.models import User

State = BatchRow.State


class NoSuchAction(Refused):
    """This can no longer be done to many at once."""

    code = "no_such_action"


@dataclass(kw_only=True)
class Handful:
    """Some rows of a batch, and what becomes of them. `things` are the rows of the list
    by number; whoever did not come with them may not be seen any more."""

    batch: Batch
    rows: Mapping[int, BatchRow]
    things: Mapping[int, Any]
    by: User
    at: datetime

    def changed(self, number: int, **journal: Any) -> None:
        self._note(number, State.CHANGED, **journal)

    def same(self, number: int) -> None:
        self._note(number, State.SAME)

    def failed(self, number: int, why: Any) -> None:
        self._note(number, State.FAILED, why=str(why))

    def asked(self, number: int, commands: Sequence[int], **journal: Any) -> None:
        """WeCom was asked by these commands; what it answers decides. `changed` in the
        journal: something is different already, whatever it answers."""
        self._note(number, State.ASKED, commands=list(commands), **journal)

    def taken_back(self, number: int) -> dict[str, Any]:
        """The journal of what is undone, if something is."""
        return self.rows[number].journal.get("of", {})

    def _note(self, number: int, state: str, *, why: str = "", **journal: Any) -> None:
        row = self.rows[number]
        row.state, row.why = state, why[:300]
        row.journal = {**row.journal, **journal}


@dataclass(frozen=True, kw_only=True)
class Action:
    """`do` does it to a handful. `picks` is a model of which one row must be chosen
    first; it comes as the option "picked". `undone_by` is the action that undoes it."""

    name: str
    list: str
    title: Any
    icon: str
    permission: str
    do: Callable[[Handful], None] | None = None
    sentence: Any = ""  # what was done, such as "%(what)s was put on %(many)s contacts"
    picks: str = ""
    pick_hint: Any = ""
    chosen: Callable[[Any, User], dict[str, Any]] | None = None
    undone_by: str = ""
    only_undoes: bool = False  # it is not offered by itself
    key: str = ""  # on the keyboard
    # For what has a page of its own: its address, to which is added what is chosen, as
    # the numbers `n` or as the filters of the list.
    leads_to: Callable[[], str] | None = None

    def is_open_to(self, user: User) -> bool:
        return user.has_perm(self.permission)


ACTIONS: dict[tuple[str, str], Action] = {}


def offer(action: Action) -> None:
    ACTIONS[action.list, action.name] = action


def actions_of(list_name: str, *, user: User) -> list[Action]:
    found = [action for (name, _), action in ACTIONS.items() if name == list_name]
    offered = [action for action in found if not action.only_undoes]
    return [action for action in offered if action.is_open_to(user)]


def action_of(batch: Batch) -> Action:
    found = ACTIONS.get((batch.list, batch.action))
    if found is None:
        raise NoSuchAction
    return found
