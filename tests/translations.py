"""Whether every word on screen has its Chinese.

What our code, our templates and Unfold say in English is collected; a message is
translated when our own catalogue or one that comes with Django knows it. Prints what
is missing in the form of a .po file.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import django
import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"

# Which arguments of a call are messages; in a p… call the first is the context.
CALLS = {
    "_": (0,),
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop"), (0,)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (1,)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (1, 2)),
}

# templatize leaves calls between X's, one to each message of the template.
IN_TEMPLATES = re.compile(
    r"""\b(n?p?gettext|_)\(\s*(u?r?"(?:\\.|[^"\\])*"|u?r?'(?:\\.|[^'\\])*')"""
    r"""(?:\s*,\s*(u?r?"(?:\\.|[^"\\])*"|u?r?'(?:\\.|[^'\\])*'))?""",
    re.DOTALL,
)


def main() -> int:
    known = {entry.msgid for entry in polib.pofile(str(CATALOGUE)) if done(entry)}
    known |= known_to_django()
    missing: dict[str, str] = {}
    for message, place in said():
        if message.strip() and message not in known:
            missing.setdefault(message, place)
    for message, place in missing.items():
        print(polib.POEntry(msgid=message, comment=place))
    print(f"{len(missing)} untranslated" if missing else "complete")
    return 1 if missing else 0


def done(entry: polib.POEntry) -> bool:
    if entry.obsolete or entry.fuzzy:
        return False
    return bool(entry.msgstr or all(entry.msgstr_plural.values() or [""]))


def known_to_django() -> set[str]:
    """What the catalogues of Django and of other installed apps know in Chinese."""
    places = [find_spec(name) for name in ("django", "axes", "rest_framework")]
    folders = [Path(spec.origin).parent for spec in places if spec and spec.origin]
    files = [f for folder in folders for f in folder.rglob("locale/zh_Hans/**/*.mo")]
    return {entry.msgid for f in files for entry in polib.mofile(str(f)) if done(entry)}


def said() -> Iterator[tuple[str, str]]:
    """Every message with the place where it stands."""
    unfold = find_spec("unfold")
    folders = [ROOT / "apps", ROOT / "scrm", ROOT / "templates"]
    if unfold and unfold.origin:
        folders.append(Path(unfold.origin).parent)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            place = f"{path.relative_to(folder.parent)}"
            if path.suffix == ".py" and "migrations" not in path.parts:
                for message in in_python(path.read_text()):
                    yield message, place
            elif path.suffix == ".html":
                for message in in_template(path.read_text()):
                    yield message, place
    yield from in_exceptions()


def in_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        for position in CALLS.get(name, ()):
            if position < len(node.args):
                with_text = node.args[position]
                if isinstance(with_text, ast.Constant):
                    yield str(with_text.value)


def in_template(source: str) -> Iterator[str]:
    for call in IN_TEMPLATES.finditer(templatize(source)):
        name, first, second = call.groups()
        text = second if name.startswith("p") or name.startswith("np") else first
        yield ast.literal_eval(text)


def in_exceptions() -> Iterator[tuple[str, str]]:
    """The docstring of an expected error is its message."""
    import inspect

    from apps.common.errors import Expected, Refused, TryLater

    for path in sorted((ROOT / "apps").rglob("*.py")):
        if not {"migrations", "commands", "sandbox"} & set(path.parts):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    kinds = [Expected]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind not in (Expected, Refused, TryLater):
            yield inspect.getdoc(kind) or "", kind.__module__


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings_test")
    django.setup()
    sys.exit(main())
