#!/usr/bin/env python
"""Every command of the product: `./run COMMAND` comes here."""

import os
import sys


def main() -> None:
    asks_for_help = len(sys.argv) < 2 or {"-h", "--help"} & set(sys.argv)
    os.environ["SCRM_ROLE"] = "help" if asks_for_help else sys.argv[1]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")

    from django.core.management import execute_from_command_line

    from scrm.translations import compile_what_is_stale

    compile_what_is_stale()
    import scrm.celery  # noqa: F401 - tasks ring our broker, not Celery's default one

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
