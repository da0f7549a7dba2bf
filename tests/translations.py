"""Whether every word on screen has its Chinese.

What our code, our templates and Unfold say in English is collected; a message is
translated when our own catalogue or one that comes with Django knows it. Prints what
is missing in the form of a .po file.
"""

import ast
import inspect
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import django
import polib
from django.apps import apps
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
OURS = ("apps.", "unfold")
NOT_SHOWN = {"migrations", "contrib"}  # of Unfold's, those that are apps are looked at
CONTEXT_ENDS = "\x04"

# Where the message stands among a call's arguments, and its context.
CALLS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (0, None)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (0, None)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (1, 0)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (1, 0)),
}

# templatize turns a template into such calls, with X's for the rest.
TEXT = r"""(u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))"""
IN_TEMPLATES = re.compile(rf"\b(n?p?gettext|_)\(\s*{TEXT}(?:\s*,\s*{TEXT})?", re.DOTALL)


def main() -> int:
    known = {key(entry.msgctxt, entry.msgid) for entry in translated(CATALOGUE)}
    known |= known_to_django()
    missing = {}
    for message, place in said():
        if message not in known:
            missing.setdefault(message, place)
    for message, place in missing.items():
        context, _, text = message.rpartition(CONTEXT_ENDS)
        print(polib.POEntry(msgctxt=context or None, msgid=text, comment=place))
    twice = said_twice(CATALOGUE)
    for message in twice:
        print(f"stands there twice: {message}")
    print(f"{len(missing)} untranslated" if missing else "complete")
    return 1 if missing or twice else 0


def said_twice(catalogue: Path) -> list[str]:
    """Of two translations of one message only one is seen, and not always the same."""
    said = Counter(
        key(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(catalogue))
    )
    return [message for message, many in said.items() if many > 1]


def key(context: str | None, message: str) -> str:
    return f"{context}{CONTEXT_ENDS}{message}" if context else message


def translated(catalogue: Path) -> Iterator[polib.POEntry]:
    for entry in polib.pofile(str(catalogue)).translated_entries():
        if not entry.fuzzy:
            yield entry


def known_to_django() -> set[str]:
    """What the catalogues of Django and of other installed apps know in Chinese."""
    places = [find_spec(name) for name in ("django", "axes", "rest_framework")]
    folders = [Path(spec.origin).parent for spec in places if spec and spec.origin]
    return {
        key(entry.msgctxt, entry.msgid)
        for folder in folders
        for catalogue in folder.rglob("locale/zh_Hans/**/django.po")
        for entry in translated(catalogue)
    }


def said() -> Iterator[tuple[str, str]]:
    """Every message with the place where it stands."""
    ours = [config for config in apps.get_app_configs() if config.name.startswith(OURS)]
    folders = [Path(config.path) for config in ours]
    for folder in [*folders, ROOT / "scrm", ROOT / "templates"]:
        for path in sorted(folder.rglob("*")):
            place = str(path.relative_to(folder.parent))
            if NOT_SHOWN & set(path.relative_to(folder).parts):
                continue
            if path.suffix == ".py":
                messages = in_python(path.read_text())
            elif path.suffix == ".html":
                messages = in_template(path.read_text())
            else:
                continue
            for message in messages:
                yield message, place
    yield from in_exceptions()


def in_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        at, context_at = CALLS.get(name, (None, None))
        if at is None or len(node.args) <= at:
            continue
        text = [getattr(argument, "value", None) for argument in node.args]
        if isinstance(text[at], str) and text[at].strip():
            yield key(None if context_at is None else text[context_at], text[at])


def in_template(source: str) -> Iterator[str]:
    for call in IN_TEMPLATES.finditer(templatize(source)):
        name, *written = call.groups()
        text = [ast.literal_eval(part) for part in written if part]
        at, context_at = CALLS[name]
        if text[at].strip():
            yield key(None if context_at is None else text[context_at], text[at])


def in_exceptions() -> Iterator[tuple[str, str]]:
    """The docstring of an expected error is its message."""
    from apps.common.errors import Expected, Refused, TryLater

    for path in sorted((ROOT / "apps").rglob("*.py")):
        if not {"migrations", "commands", "sandbox"} & set(path.parts):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    kinds = [Refused, TryLater, *Expected.__subclasses__()]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        yield inspect.getdoc(kind) or kind.__name__, kind.__module__


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings_test")
    django.setup()
    sys.exit(main())
