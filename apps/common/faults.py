"""Places where a test may make us slow, wrong, or dead, to see what we lose.

A place is passed by `reached("w.after_claim")`. Nothing happens there unless the
setting FAULTS_FILE names a file, which only the settings of tests do. Each of its
lines is a place (or `*`), what happens there, and how likely it is:

    w.after_claim  kill     0.01
    cb.after_*     sleep:2  0.05
    out.*          raise    1

The file is read again when it changes, so that all can be made well while we run.
"""

import os
import random
import signal
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase

from django.conf import settings

PLACES = (
    "cb.after_verify",
    "cb.after_insert",
    "cb.after_commit_before_reply",
    "w.after_claim",
    "w.apply:",  # and what the callback is about, such as contact:wm1
    "w.after_apply_before_commit",
    "w.after_commit_before_ack",
    "out.after_intent_commit",
    "out.after_api_before_commit",
    "recon.mid_page",
    "merge.mid",
    "code.mid",
    "seg.mid",
    "prize.mid",
)


class Fault(Exception):
    """Something went wrong on purpose."""


@dataclass(frozen=True)
class Rule:
    """What happens at which places, and how likely."""

    places: str
    what: str
    probability: float


_rules: list[Rule] = []
_read: tuple[str, int] = ("", 0)


def reached(place: str) -> None:
    """Let happen here what the file of faults says; without one, nothing."""
    file = settings.FAULTS_FILE
    if file is None:
        return
    for rule in rules(file):
        if fnmatchcase(place, rule.places) and random.random() < rule.probability:
            strike(rule.what)


def rules(file: str) -> list[Rule]:
    """Its lines, read again only when it has changed."""
    global _rules, _read
    try:
        version = (file, os.stat(file).st_mtime_ns)
        if version != _read:
            with open(file) as lines:
                _rules = [rule_of(line) for line in lines if line.strip()]
            _read = version
    except FileNotFoundError:
        return []
    return _rules


def rule_of(line: str) -> Rule:
    places, what, probability = line.split()
    return Rule(places, what, float(probability))


def strike(what: str) -> None:
    kind, _colon, seconds = what.partition(":")
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "sleep":
        time.sleep(float(seconds))
    elif kind == "raise":
        raise Fault
    else:
        raise ValueError(f"no such fault: {what}")
