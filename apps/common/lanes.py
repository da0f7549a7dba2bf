"""The lanes that jobs stand in: what stands in one never waits for another.

How long a claim lasts, how long a job may take and how many are claimed at once is
said for the whole lane.
"""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

TIME_LIMIT = settings.JOB_LIMIT  # of one job; shorter than any lease
HURRIED = settings.JOB_LIMIT_HURRIED  # of one job where others wait


class Lane(models.TextChoices):
    """What stands in one lane never waits for what stands in another."""

    WELCOME = "welcome", _("welcome")
    CALLBACK = "callback", _("callbacks")
    NEWS = "news", _("news")
    OUTGOING = "outgoing", _("outgoing")
    BULK = "bulk", _("bulk")


# Where others wait, and a job only touches our database. A job that calls WeCom may
# take as long as WeCom does: it is claimed alone, in whatever lane.
HANDFUL: dict[str, int] = {Lane.WELCOME: 20, Lane.CALLBACK: 20, Lane.NEWS: 20}
URGENT = set(HANDFUL)


def lease_of(lane: str) -> timedelta:
    """How long a claim lasts."""
    return settings.JOB_LEASES[lane]


def limit_of(lane: str) -> timedelta:
    """How long one job may take that only touches our database."""
    return HURRIED if lane in URGENT else TIME_LIMIT
