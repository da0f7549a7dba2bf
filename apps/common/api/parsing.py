"""A body is JSON in UTF-8, of a size and a depth that can do no harm."""

import json
import math
import re
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from apps.common.api.problems import Problem

DEEPEST = 20
LONGEST_NUMBER = 18  # digits that surely fit into a bigint
# A string that never ends reaches to the end: it is not looked at again and again.
OPENING = re.compile(r'"(?:[^"\\]|\\.)*+"?+|([\[{])|([\]}])', re.DOTALL)


class StrictJsonParser(BaseParser):
    """Without NaN, endless numbers, or a name twice in one object."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, context: Any = None) -> Any:
        length = int(stream.META.get("CONTENT_LENGTH") or 0)
        if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise Problem("too_large")
        try:
            text = stream.read().decode("utf-8")
        except UnicodeDecodeError as wrong:
            raise ParseError(_("The body is not UTF-8.")) from wrong
        if is_too_deep(text):
            raise ParseError(_("The body is nested too deeply."))
        try:
            parsed = json.loads(
                text,
                parse_constant=refused,
                parse_int=whole,
                parse_float=finite,
                object_pairs_hook=each_once,
            )
        except ValueError as wrong:
            raise ParseError(_("The body is not JSON.")) from wrong
        return parsed


def is_too_deep(text: str) -> bool:
    """Without following it: whoever nests a thousand levels wants us to."""
    depth = 0
    for match in OPENING.finditer(text):
        depth += bool(match[1]) - bool(match[2])
        if depth > DEEPEST:
            return True
    return False


def refused(constant: str) -> None:
    raise ValueError(constant)


def whole(digits: str) -> int:
    if len(digits.lstrip("-")) > LONGEST_NUMBER:
        raise ValueError("a number that no database holds")
    return int(digits)


def finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number that no database holds")
    return number


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found
