"""docs/settings.md, written from the table of variables."""

from scrm.environment import Reach, Variable
from scrm.variables import GROUPS

INTRODUCTION = """\
# Settings

Every setting is a variable of the environment and is read once, when a process starts.
A process that lacks something says everything that is missing or malformed, and stops.

Instead of exporting them, write them into a file `.env` beside `manage.py`, a line
`NAME='value'` to each; `SCRM_ENV_FILE` names another file. What the environment itself
says comes before what a file says. Keep the file to yourself (`chmod 600 .env`).

A value may stand in a file of its own: `NAME_FILE` names it, for every name below
(`SECRET_KEY_FILE=/run/secrets/secret_key`). So secrets can be handed over as files, the
way of systemd's credentials and of compose's secrets; a `NAME` that is set comes first.

`./run serve` brings a database and a broker of its own (in `var/serve/`) where
`DATABASE_URL` or `BROKER_URL` is not set; while it runs, every other command finds them
there. `./run demo` needs none of these settings and does not read `.env`; while it
runs, `SCRM_ENV_FILE=var/demo/environment ./run COMMAND` speaks to it.

*Needed by* says which processes refuse to start without a value: **all that serve** are
`serve`, `web`, `worker`, `timetable`, `pull`, `reconcile` and `drain`; **all that open
the database** are those and `migrate`, `shell`, `createsuperuser` and their kin.
"""

ENDING = """\
## Making keys

```sh
python3 -c 'import secrets; print(secrets.token_urlsafe(50))'    # SECRET_KEY
python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'
```

The second line makes a key for `SCRM_DATA_KEYS`. The first seals what is written, the
others open what they sealed; how to change them is in
[the runbooks](runbooks.md#changing-keys). **A lost key is lost data**: keep a copy
where the backups are not.

## Behind a proxy

https ends at a proxy in front of us. Name its address in `TRUSTED_PROXIES`, and let it
set `X-Forwarded-For` and `X-Forwarded-Proto`; from anybody else these headers are
thrown away. With it, http is redirected to https. As soon as `ALLOWED_HOSTS` names more
than this machine, cookies travel over https only.
"""

NEEDED = {
    Reach.EVERYTHING: "all that serve",
    Reach.DATABASE: "all that open the database",
    None: "",
}


def page() -> str:
    parts = [INTRODUCTION]
    for title, variables in GROUPS.items():
        rows = [
            f"## {title}",
            "",
            "| Name | Meaning | Example | Default | Needed by |",
            "|---|---|---|---|---|",
            *map(row, variables),
            "",
        ]
        parts.append("\n".join(rows))
    return "\n".join([*parts, ENDING])


def row(variable: Variable) -> str:
    default = f"`{variable.default}`" if variable.default else ""
    needed = NEEDED[variable.needed_from]
    cells = [f"`{variable.name}`", variable.meaning, f"`{variable.example}`"]
    return f"| {' | '.join([*cells, default, needed])} |"
