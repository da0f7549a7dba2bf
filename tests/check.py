"""Everything that can be told without running a test: `./run check`.

Each check runs, whatever became of the others; what is wrong is said at the end of
its own lines, and the exit code is 1 if anything is.
"""

import base64
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
MANAGE = [PYTHON, "manage.py"]

# The environment of a machine that serves a real corp, as far as Django can tell.
COMPLETE = {
    "DATABASE_URL": "postgresql://scrm@db.example.com/scrm",
    "BROKER_URL": "redis://broker.example.com:6379/0",
    "SCRM_DATA_KEYS": base64.urlsafe_b64encode(bytes(range(32))).decode(),
    "SECRET_KEY": "".join(map(chr, range(48, 110))),
    "ALLOWED_HOSTS": "crm.example.com",
    "TRUSTED_PROXIES": "10.0.0.0/8",
    "WECOM_CORP_ID": "ww0123456789abcdef",
    "WECOM_AGENT_ID": "1000002",
    "WECOM_APP_SECRET": "app-secret",
    "WECOM_CALLBACK_TOKEN": "Token",
    "WECOM_CALLBACK_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "SCRM_ENV_FILE": os.devnull,
}

LINT_IMPORTS = "from importlinter.cli import lint_imports_command as lint; lint()"

COMMANDS = {
    "style": [PYTHON, "-m", "ruff", "check", "--quiet", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--quiet", "--check", "."],
    "imports": [PYTHON, "-c", LINT_IMPORTS, "--no-logo"],
    "types": [PYTHON, "-m", "mypy"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "locks": [PYTHON, "-m", "tests.migrations"],
    "deployment": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
    "translations": [PYTHON, "-m", "tests.translations"],
}

LEFT_OUT = {"var", "__pycache__"}

# Where packages come from is the machine's business, and so is where we lie on it.
# The letters in brackets keep this line from finding itself.
HOSTS = r"p[y]pi\.org|p[y]thonhosted|registry\.n[p]mjs|n[p]mmirror|deb\.d[e]bian"
FOLDERS = r"(?:^|[^\w.$~/-])/(?:w[o]rk|f[a]rm|r[o]ot|h[o]me/\w+)/"
NOT_HERE = re.compile(rf"{HOSTS}|{FOLDERS}")


def strays() -> Iterator[str]:
    """Lines that name a package registry or a place on somebody's machine."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name == ".ci" or name[0] != "."
            if name not in LEFT_OUT
        ]
        for name in files:
            path = Path(folder, name)
            try:
                lines = path.read_text().splitlines()
            except UnicodeDecodeError:
                continue
            for number, line in enumerate(lines, 1):
                if NOT_HERE.search(line):
                    yield f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"


def main() -> int:
    environment = dict(os.environ) | COMPLETE
    failed = []
    for name, command in COMMANDS.items():
        began = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        took = f"{time.monotonic() - began:.1f} s"
        print(f"{name:14}{'wrong' if done.returncode else 'ok':8}{took}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout)
    found = list(strays())
    print(f"{'strays':14}{'wrong' if found else 'ok'}")
    print(*found, sep="\n", end="\n" if found else "")
    failed += ["strays"] if found else []
    print(f"wrong: {', '.join(failed)}" if failed else "all is well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
