"""docs/openapi.json: the API as its own document tells it.

python -m tests.docs.openapi    writes the copy anew
"""

import json
import os
from pathlib import Path

import django

COPY = Path(__file__).resolve().parent.parent.parent / "docs" / "openapi.json"


def as_text() -> str:
    from apps.common.api.schema import document  # needs the apps

    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings_test")
    django.setup()
    COPY.write_text(as_text())
