"""The 1/10 sample of CDNOW (shared/data): who bought on which days, for how much."""

from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

SAMPLE = Path(settings.BASE_DIR).parent / "shared" / "data" / "cdnow_sample.txt"
KNOWN = date(1997, 9, 30)  # the end of its 39 weeks
END = date(1998, 6, 30)

needs_the_sample = pytest.mark.skipif(
    not SAMPLE.exists(), reason="CDNOW is not on this machine"
)


def purchases() -> dict[str, dict[date, int]]:
    """Fen of each day of each of 2,357 customers."""
    found: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for line in SAMPLE.read_text().splitlines():
        _number, who, when, _pieces, dollars = line.split()
        day = date(int(when[:4]), int(when[4:6]), int(when[6:]))
        found[who][day] += round(float(dollars) * 100)
    return found
