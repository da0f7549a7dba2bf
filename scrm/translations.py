"""Translations as people write them become the form that programs read.

gettext's own tools need not be installed. What is up to date is left alone.
"""

import os
import tempfile
from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compile_what_is_stale(folder: Path = LOCALE) -> None:
    """Make the .mo file beside every .po file that is newer; all at once, or not."""
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        import polib  # only here: most starts find nothing to do

        made = polib.pofile(str(source)).to_binary()
        number, half = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(number, "wb") as file:
            file.write(made)
        os.chmod(half, 0o644)
        os.replace(half, target)


if __name__ == "__main__":
    compile_what_is_stale()
