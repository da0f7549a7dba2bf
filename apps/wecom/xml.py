"""Read WeCom's XML without doing what an attacker's XML asks for.

No DOCTYPE, no entities, nothing fetched, little depth, the root is `xml`. The result
holds text, nested dicts and lists:

- an empty element is absent: WeCom sends both and means the same;
- `Item` is always a list, and so is whatever else is repeated;
- characters that neither XML nor PostgreSQL's jsonb can hold are left out.
"""

import re
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from apps.wecom.crypto import Unreadable

DEEPEST = 16  # the deepest event, template_card_event, has five levels
MOST = 20_000  # elements; a group has at most a few thousand members
OUTSIDE = 16  # elements around what is sealed; WeCom sends three
ALWAYS_LISTS = {"Item"}

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));")

Message = dict[str, Any]


def read_envelope(body: bytes) -> str:
    """What is sealed inside the outer XML of a callback. Raises Unreadable."""
    sealed = _read(body, most=OUTSIDE).get("Encrypt")
    if not isinstance(sealed, str):
        raise Unreadable
    return sealed


def read_xml(text: str) -> Message:
    """The elements below the root of an opened message. Raises Unreadable."""
    return _read(_allowed(text).encode(), most=MOST)


def _read(body: bytes, *, most: int) -> Message:
    parser = XMLParser(target=_Reader(most), encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(body)
        return parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Unreadable from None


def _allowed(text: str) -> str:
    """The text without raw or written-out characters that XML forbids."""

    def kept(reference: re.Match[str]) -> str:
        hexadecimal, decimal = reference.groups()
        code = int(hexadecimal, 16) if hexadecimal else int(decimal)
        forbidden = code > 0x10FFFF or FORBIDDEN.match(chr(code))
        return "" if forbidden else reference[0]

    text = FORBIDDEN.sub("", text)
    return REFERENCE.sub(kept, text) if "&#" in text else text


class _Reader:
    """Hears of each element as expat meets it; no tree is built."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.root: Message = {}
        self.path: list[Message] = []
        self.names: list[str] = []
        self.text: list[str] = []
        self.elements = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if len(self.names) >= DEEPEST or self.elements > self.most:
            raise Unreadable
        if not self.names and name != "xml":
            raise Unreadable
        self.names.append(name)
        self.path.append({})
        self.text = []

    def data(self, text: str) -> None:
        self.text.append(text)

    def end(self, name: str) -> None:
        self.names.pop()
        children = self.path.pop()
        value = children or "".join(self.text).strip()
        self.text = []
        if not self.path:
            self.root = children
        elif value:
            self._put(self.path[-1], name, value)

    def _put(self, parent: Message, name: str, value: str | Message) -> None:
        known = parent.get(name)
        if isinstance(known, list):
            known.append(value)
        elif known is not None:
            parent[name] = [known, value]
        else:
            parent[name] = [value] if name in ALWAYS_LISTS else value

    def close(self) -> Message:
        return self.root
