"""Everything goes wrong at once, on real processes, and nothing may be lost."""
