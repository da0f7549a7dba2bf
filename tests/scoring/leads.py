"""X Education's leads (shared/data): answers, behaviour, and whether they converted."""

import csv
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from apps.scoring.learn import Past

LEADS = Path(settings.BASE_DIR).parent / "shared" / "data" / "x_education_leads.csv"
NUMBERS = {"TotalVisits", "Total Time Spent on Website", "Page Views Per Visit"}
NO_FEATURE = {"Prospect ID", "Lead Number", "Converted"}
WRITTEN_AFTERWARDS = {
    *("Tags", "Lead Quality", "Last Notable Activity", "Last Activity"),
    *("Lead Profile", "Convertions"),
    *("Asymmetrique Activity Index", "Asymmetrique Profile Index"),
    *("Asymmetrique Activity Score", "Asymmetrique Profile Score"),
}

needs_the_leads = pytest.mark.skipif(
    not LEADS.exists(), reason="X Education's leads are not on this machine"
)


def leads() -> Past:
    with LEADS.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    table = {}
    for name in rows[0].keys() - NO_FEATURE:
        told = [row[name] for row in rows]
        if name in NUMBERS:
            table[name] = np.array([float(each) if each else np.nan for each in told])
        else:
            table[name] = np.array(told, dtype=object)
    won = np.array([float(row["Converted"]) for row in rows])
    return Past(dict(sorted(table.items())), won, np.ones(len(rows)))
