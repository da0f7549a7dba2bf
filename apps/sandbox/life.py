"""What the corp's people do all day: scan, add, tag, leave, join groups, resign.

At a chosen rate one act after the other is picked by its weight and done; whom it
is about is chance. Transfers that have waited their day complete by themselves.
"""

import random
import threading
import time
from typing import Any

from apps.sandbox.acts.transfers import complete_due
from apps.sandbox.corp import Corp
from apps.sandbox.crowd import STATES
from apps.sandbox.records import CannotDo

# How often each thing happens, among a thousand.
WEIGHTS = {
    "add": 240,
    "scan": 60,
    "half_add": 40,
    "confirm": 38,
    "edit_remark": 120,
    "edit_phones": 40,
    "put_tags": 150,
    "customer_leaves": 60,
    "employee_drops": 25,
    "msg_audit_approved": 5,
    "transfer": 4,
    "transfer_complete": 3,
    "transfer_fail": 1,
    "group_create": 10,
    "group_join": 110,
    "group_leave": 45,
    "group_rename": 6,
    "group_notice": 8,
    "group_owner": 2,
    "group_dismiss": 1,
    "tag_group_create": 1,
    "tag_create": 3,
    "tag_rename": 2,
    "tag_delete": 1,
    "tag_shuffle": 1,
    "employee_create": 3,
    "employee_update": 4,
    "employee_rename_id": 1,
    "employee_resign": 1,
    "department_create": 1,
    "department_update": 1,
    "acquisition_event": 4,
}
FEWEST_EMPLOYEES = 3
LOOK_EVERY = 1.0  # second


class Life(threading.Thread):
    """Runs beside the server; `per_minute` may be changed at any time."""

    def __init__(self, corp: Corp) -> None:
        super().__init__(name="life", daemon=True)
        self.corp = corp
        self.per_minute = 0.0
        self.done = 0
        self.chance = random.Random()
        self.stopped = threading.Event()

    def run(self) -> None:
        """Acts come at random moments, so many a minute on average. A changed rate
        is noticed within a second."""
        rate, due = 0.0, float("inf")
        while not self.stopped.wait(min(LOOK_EVERY, max(due - time.monotonic(), 0))):
            complete_due(self.corp, self.corp.now())
            acted = time.monotonic() >= due
            if acted:
                self.live()
            if acted or rate != self.per_minute:
                rate = self.per_minute
                wait = self.chance.expovariate(rate / 60) if rate else float("inf")
                due = (due if acted else time.monotonic()) + wait

    def stop(self) -> None:
        self.stopped.set()
        if self.is_alive():
            self.join(timeout=5)

    def live(self) -> None:
        """One thing that fits; what does not fit just now is passed over."""
        for _ in range(10):
            what = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            if what == "employee_resign" and self.nobody_to_spare():
                continue
            about: dict[str, Any] = {}
            if what in ("add", "half_add") and self.chance.random() < 0.5:
                about = {"state": self.chance.choice(STATES)}
            try:
                self.corp.do(what, **about)
            except CannotDo:
                continue
            self.done += 1
            return

    def nobody_to_spare(self) -> bool:
        left = self.corp.value(
            "SELECT count(*) FROM employee WHERE serves AND resigned_at IS NULL"
        )
        return left <= FEWEST_EMPLOYEES
