"""One of the five sources of `./run bench assign`: hands over its leads, some at a
time, as soon as it is told to."""

import sys

import django


def main(arguments: list[str]) -> None:
    django.setup()
    from django.utils import timezone

    from apps.assignment.assign import assign
    from apps.assignment.models import AssignmentRule

    at_once, *leads = map(int, arguments)
    AssignmentRule.objects.count()  # the connection is there
    print("ready", flush=True)
    sys.stdin.readline()
    for start in range(0, len(leads), at_once):
        assign(leads[start : start + at_once], at=timezone.now())


if __name__ == "__main__":
    main(sys.argv[1:])
