"""Real processes of ours, against the database and the sandbox of a test."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    """What a command needs to find this test's database and sandbox."""
    parts = connection.settings_dict
    url = f"postgresql://{parts['USER']}:{parts['PASSWORD']}@/{parts['NAME']}"
    host = parts["HOST"]
    return {
        **os.environ,
        "DATABASE_URL": f"{url}?host={host}" + port_of(parts),
        "DJANGO_SETTINGS_MODULE": "scrm.settings",
        "WECOM_API_URL": settings.WECOM_API_URL,
    }


def port_of(parts: dict) -> str:
    return f"&port={parts['PORT']}" if parts["PORT"] else ""


def start(*command: str) -> subprocess.Popen:
    """`manage.py COMMAND` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def last_line(*command: str) -> dict:
    """Run a command to its end; its last line of JSON."""
    process = start(*command)
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, f"{out[-2000:]}\n{error[-4000:]}"
    return json.loads(out.strip().splitlines()[-1])
