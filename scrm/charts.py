"""Where the file of ECharts lies, which comes in a package and from no other host.

Of the package this one file is used, and nothing of it is imported.
"""

from importlib.util import find_spec
from pathlib import Path

PACKAGE = "instaui_echarts"


def folder() -> Path:
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(f"The package {PACKAGE} is not installed.")
    return Path(found.submodule_search_locations[0]) / "static"
