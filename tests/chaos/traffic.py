"""What happens in the corp while everything breaks: a seeded life, as fast as asked.

What WeCom tells nothing of does not happen here (an edited phone, a department or an
employee called otherwise, a permission): the records could not know.
"""

import random
import threading
import time
from urllib.error import HTTPError

from tests.chaos.house import House

# How often each thing happens.
ACTS = {
    "add": 30,
    "half_add": 5,
    "confirm": 5,
    "edit_remark": 14,
    "put_tags": 16,
    "customer_leaves": 8,
    "employee_drops": 6,
    "transfer": 1,
    "transfer_complete": 1,
    "group_create": 2,
    "group_join": 12,
    "group_leave": 6,
    "group_rename": 2,
    "group_notice": 1,
    "group_owner": 1,
    "tag_create": 1,
    "tag_rename": 1,
    "employee_create": 1,
}
# Told three times each, in any order within a few seconds; nothing is given up, so
# that every event is accepted in the end and nothing needs to be read again.
SENT = {
    "duplicates": 3,
    "shuffle_seconds": 5.0,
    "attempts": 60,
    "retry_gap_seconds": 1.0,
    "shuffle_elements": True,
    "group_lag_seconds": 1.0,
}


class Life(threading.Thread):
    """Things happen for so many seconds, at most so many a second; `done` counts."""

    def __init__(
        self, house: House, *, seed: int, seconds: float, per_second: float
    ) -> None:
        super().__init__(daemon=True)
        self.house, self.seconds, self.per_second = house, seconds, per_second
        self.chance = random.Random(seed)
        self.done = 0
        house.corp("knobs", **SENT)

    def run(self) -> None:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < self.seconds:
            what = self.chance.choices(list(ACTS), list(ACTS.values()))[0]
            about = {}
            if what in ("add", "half_add") and self.chance.random() < 0.5:
                about["state"] = f"door_{self.chance.randrange(5)}"
            try:
                self.house.corp("do", act=what, **about)
                self.done += 1
            except HTTPError:  # it does not fit just now
                continue
            time.sleep(max(0.0, self.done / self.per_second - passed))
