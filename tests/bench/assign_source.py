"""One of the five sources of `./run bench assign`: hands over its leads, some at a
time."""

import sys

import django


def main(arguments: list[str]) -> None:
    django.setup()
    from django.utils import timezone

    from apps.assignment.assign import assign

    at_once, *leads = map(int, arguments)
    for start in range(0, len(leads), at_once):
        assign(leads[start : start + at_once], at=timezone.now())


if __name__ == "__main__":
    main(sys.argv[1:])
