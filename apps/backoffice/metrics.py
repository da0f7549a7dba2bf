"""Figures for Prometheus: what the tables say now, and what was counted."""

import hmac
import ipaddress
import os
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from apps.common.jobs import Job, every_kind_of_job
from apps.wecom.models import AccessToken, Quota


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not (shows_the_token(request) or comes_from_here(request)):
        return HttpResponse(status=403)
    kept = CollectorRegistry(auto_describe=False)
    kept.register(Jobs())
    kept.register(Wire())
    text = generate_latest(kept) + generate_latest(counted())
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def counted() -> CollectorRegistry:
    """What the processes of the web server have counted, all of them together."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry


def shows_the_token(request: HttpRequest) -> bool:
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    shown = request.headers.get("Authorization", "").encode()
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(shown, expected)


def comes_from_here(request: HttpRequest) -> bool:
    """From this machine, and not through a proxy on it that we do not know."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback and not request.META.get("scrm.unknown_proxy")


class Jobs(Collector):
    """What waits, for how long, and what needs a person, by kind and lane."""

    def collect(self) -> Iterator[Metric]:
        labels = ["kind", "lane"]
        waiting = GaugeMetricFamily("scrm_jobs_waiting", "Unfinished", labels=labels)
        overdue = GaugeMetricFamily(
            "scrm_jobs_overdue_seconds", "Since the first was due", labels=labels
        )
        oldest = GaugeMetricFamily(
            "scrm_jobs_oldest_seconds", "Age of the oldest unfinished", labels=labels
        )
        failed = GaugeMetricFamily(
            "scrm_jobs_failed", "Given up; a person has to look", labels=labels
        )
        now = timezone.now()
        is_due = Q(status=Job.Status.WAITING, due_at__lte=now)
        for kind in every_kind_of_job():
            name = kind._meta.label
            unfinished = kind.objects.unfinished().values("lane")
            for lane in unfinished.annotate(
                many=Count("pk"),
                first=Min("created_at"),
                due=Min("due_at", filter=is_due),
            ):
                place = [name, lane["lane"]]
                waiting.add_metric(place, lane["many"])
                oldest.add_metric(place, seconds(lane["first"], now))
                overdue.add_metric(place, seconds(lane["due"], now))
            for lane in kind.objects.failed().values("lane").annotate(many=Count("pk")):
                failed.add_metric([name, lane["lane"]], lane["many"])
        yield from (waiting, overdue, oldest, failed)


def seconds(since: datetime | None, now: datetime) -> float:
    """0 where there is nothing to wait for."""
    return (now - since).total_seconds() if since else 0.0


class Wire(Collector):
    """What we asked of WeCom, what it refused, and how old the tokens are."""

    def collect(self) -> Iterator[Metric]:
        calls = CounterMetricFamily(
            "scrm_wecom_calls", "Calls to WeCom's API", labels=["api"]
        )
        errors = CounterMetricFamily(
            "scrm_wecom_errors", "Refused calls", labels=["api", "errcode"]
        )
        age = GaugeMetricFamily(
            "scrm_wecom_token_age_seconds", "Since it was fetched", labels=["app"]
        )
        for quota in Quota.objects.order_by("api"):
            calls.add_metric([quota.api], quota.calls)
            for errcode, many in quota.errors.items():
                errors.add_metric([quota.api, str(errcode)], many)
        for token in AccessToken.objects.exclude(fetched_at=None):
            age.add_metric([token.app], seconds(token.fetched_at, timezone.now()))
        yield from (calls, errors, age)
