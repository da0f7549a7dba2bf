"""The table of calls by path, and what a call is asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records

APP, CONTACTS = "app", "contacts"
ADDRESS_BOOK, CUSTOMERS, MESSAGES, OPEN = (
    *("address book", "customers"),
    *("messages", "open"),
)


@dataclass(kw_only=True)
class Ask:
    """One call: who asks (`app` or `contacts`), from where, and what."""

    corp: Records
    app: str
    ip: str
    query: dict[str, str]
    body: dict[str, Any]
    raw: bytes = b""

    def of_query(self, name: str, missing: int) -> str:
        value = self.query.get(name, "")
        if not value:
            raise Refusal(missing)
        return value

    def text(self, name: str, missing: int = 40063) -> str:
        """A string of the body that must be there and not be empty."""
        value = self.optional_text(name)
        if not value:
            raise Refusal(missing)
        return value

    def optional_text(self, name: str) -> str | None:
        value = self.body.get(name)
        if value is not None and not isinstance(value, str):
            raise Refusal(40058)
        return value

    def number(self, name: str, default: int | None = None) -> int | None:
        value = self.body.get(name)
        if value is None:
            return default
        if type(value) is not int:
            raise Refusal(40058)
        return value

    def texts(self, name: str) -> list[str]:
        """A list of strings; empty if it is not there."""
        value = self.body.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Refusal(40058)
        if not all(isinstance(one, str) for one in value):
            raise Refusal(40058)
        return value


@dataclass(frozen=True, kw_only=True)
class Call:
    path: str
    method: str  # GET calls also take a POST; the other way round is refused
    answer: Callable[[Ask], dict[str, Any]]
    rights: str
    contacts_secret: str  # may the contact-sync secret call it? yes, no, only
    beside_errors: dict[str, Any] = field(default_factory=dict)
    alone: Callable[[Ask], Any] | None = None  # what two calls may not change at once
    bare: bool = False  # a success comes without errcode and errmsg
    takes_file: bool = False  # the body is a multipart form, not JSON


CALLS: dict[str, Call] = {}


def call(
    method: str,
    path: str,
    *,
    rights: str,
    contacts_secret: str = "no",
    beside_errors: dict[str, Any] | None = None,
    alone: Callable[[Ask], Any] | None = None,
    bare: bool = False,
    takes_file: bool = False,
) -> Callable[[Callable[[Ask], dict[str, Any]]], Callable[[Ask], dict[str, Any]]]:
    """Make a function the answer to a call.

    It answers the payload of a success, without errcode and errmsg, or raises
    Refusal. `beside_errors` is the payload that stands, empty, beside an error.
    """

    def listed(answer: Callable[[Ask], dict[str, Any]]) -> Any:
        CALLS[path] = Call(
            path=path,
            method=method,
            answer=answer,
            rights=rights,
            contacts_secret=contacts_secret,
            beside_errors=beside_errors or {},
            alone=alone,
            bare=bare,
            takes_file=takes_file,
        )
        return answer

    return listed
