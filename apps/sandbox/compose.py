"""Write an event as the XML that WeCom sends (wecom-api.md 4.5).

Strings stand in CDATA, or bare where WeCom is known to leave them so; the order of
the elements is not fixed; an element that has no value is absent, or empty.
"""

import random
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

# Elements that are seen bare as well as in CDATA.
MAY_BE_BARE = {"ChangeType", "UpdateDetail", "TagType", "Department", "UserID"}


def compose(
    message: dict[str, Any],
    *,
    chance: random.Random | None = None,
    bare: float = 0.0,
    empty: float = 0.0,
    shuffled: bool = False,
) -> str:
    """The inner XML. `bare` and `empty` say how often an element that may be bare
    is, and how often one without a value is there nevertheless."""
    chance = chance or random.Random()
    elements = []
    for name, value in message.items():
        if value == "" and chance.random() >= empty:
            continue
        plain = name in MAY_BE_BARE and chance.random() < bare
        elements.append(element(name, value, plain=plain))
    if shuffled:
        chance.shuffle(elements)
    return f"<xml>{''.join(elements)}</xml>"


def element(name: str, value: Any, *, plain: bool = False) -> str:
    if isinstance(value, dict):
        content = "".join(element(*pair) for pair in value.items())
    elif isinstance(value, list):
        content = "".join(item(one) for one in value)
    elif isinstance(value, int) or plain:
        content = escape(clean(str(value)))
    else:
        content = cdata(value)
    return f"<{name}>{content}</{name}>"


def item(value: Any) -> str:
    """Items that are plain values stand bare."""
    return element("Item", value, plain=not isinstance(value, dict))


def cdata(text: str) -> str:
    inner = clean(text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{inner}]]>"


def clean(text: str) -> str:
    """XML can carry no control characters, halves of a pair, or non-characters."""
    return "".join(allowed(text))


def allowed(text: str) -> Iterable[str]:
    for character in text:
        code = ord(character)
        if (code < 0x20 and character not in "\t\n\r") or 0xD800 <= code <= 0xDFFF:
            continue
        if code not in (0xFFFE, 0xFFFF):
            yield character
