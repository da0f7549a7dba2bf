"""The database's address in Django's words, with the patience of each process."""

from typing import Any

# Milliseconds for a statement and for a lock. A page that takes longer is given up;
# a migration that waits for a lock holds up everybody behind it.
PATIENCE = {"web": (15_000, 3_000), "migrate": (0, 2_000)}

# A host that is cut off does not say so. After a minute both sides know, and what it
# held is free again: a turn, a row, the lock of the pull.
OURS = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
THEIRS = " ".join(f"-c tcp_{name}={value}" for name, value in OURS.items())

# Pages are of a few rows out of millions. A row that is looked up costs little more
# than one that is read along, with a disk of today or in memory; what PostgreSQL
# assumes by itself is a disk that turns, and it reads whole tables to spare it.
PLANS = "-c random_page_cost=1.1 -c jit=off"


def in_django_words(
    parts: dict[str, str], *, role: str, threads: int
) -> dict[str, Any]:
    """Django's words for libpq's parts. Only the web keeps a pool: Celery would
    close it after each task."""
    statement, lock = PATIENCE.get(role, (0, 30_000))
    options: dict[str, Any] = OURS | parts
    names = {"NAME": "dbname", "USER": "user", "HOST": "host", "PORT": "port"}
    settings = {key: options.pop(name, "") for key, name in names.items()}
    given = options.pop("options", "")
    limits = f"-c statement_timeout={statement} -c lock_timeout={lock}"
    options |= {
        "connect_timeout": options.get("connect_timeout", "3"),
        "application_name": f"scrm {role}",
        "options": f"{limits} {THEIRS} {PLANS} {given}".strip(),
    }
    if role == "web":
        options["pool"] = {"min_size": 1, "max_size": threads, "timeout": 3}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **settings,
        "PASSWORD": options.pop("password", ""),
        "OPTIONS": options,
        # Asking each time costs a callback a fifth of its time: the web sees to it by
        # itself, in LiveConnectionMiddleware and where a callback is not kept.
        "CONN_HEALTH_CHECKS": role != "web",
        "CONN_MAX_AGE": 0 if role == "web" else 600,
    }


def for_reading(parts: dict[str, str], *, role: str) -> dict[str, Any]:
    """Django's words for a replica: nothing is written there, no pool keeps knocking
    while it is away, and a page that waits for it has time left to ask elsewhere."""
    words = in_django_words(parts, role=role, threads=1)
    options = words["OPTIONS"]
    options.pop("pool", None)
    options["connect_timeout"] = parts.get("connect_timeout", "2")
    options["options"] += " -c default_transaction_read_only=on"
    if role == "web":
        options["options"] += " -c statement_timeout=5000"
    return {**words, "TEST": {"MIRROR": "default"}}
