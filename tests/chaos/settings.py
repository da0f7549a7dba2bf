"""The product's own settings, with faults that may be switched on and short leases."""

import os
from datetime import timedelta

from scrm.settings import *  # noqa: F403

FAULTS_FILE = os.environ.get("SCRM_FAULTS")
JOB_LEASES = {
    "welcome": timedelta(seconds=12),
    "callback": timedelta(seconds=12),
    "news": timedelta(seconds=12),
    "outgoing": timedelta(seconds=40),  # a call may take half a minute
    "bulk": timedelta(seconds=40),
}
JOB_LIMIT = timedelta(seconds=6)
JOB_LIMIT_HURRIED = timedelta(seconds=2)
JOB_BACKOFF = timedelta(seconds=1)
SWEEP_EVERY = timedelta(seconds=3)
