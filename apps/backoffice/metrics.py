"""Figures for Prometheus, read from the tables at the moment they are asked for."""

import hmac
import ipaddress
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from apps.common.jobs import Job, every_kind_of_job
from apps.wecom.models import AccessToken, Quota


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not (shows_the_token(request) or comes_from_here(request)):
        return HttpResponse(status=403)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Jobs())
    registry.register(Wire())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


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
        depth = GaugeMetricFamily("scrm_jobs_waiting", "Unfinished", labels=labels)
        overdue = GaugeMetricFamily(
            "scrm_jobs_overdue_seconds", "How long the first has been due", labels=labels
        )
        oldest = GaugeMetricFamily(
            "scrm_jobs_oldest_seconds", "Age of the oldest unfinished", labels=labels
        )
        failed = GaugeMetricFamily(
            "scrm_jobs_failed", "Given up; a person has to look", labels=labels
        )
        now = timezone.now()
        due = Q(status=Job.Status.WAITING, due_at__lte=now)
        for kind in every_kind_of_job():
            unfinished = kind.objects.unfinished().values("lane")
            for lane in unfinished.annotate(
                many=Count("pk"),
                first=Min("created_at"),
                due=Min("due_at", filter=due),
            ):
                place = [kind._meta.model_name, lane["lane"]]
                depth.add_metric(place, lane["many"])
                oldest.add_metric(place, (now - lane["first"]).total_seconds())
                late = (now - lane["due"]).total_seconds() if lane["due"] else 0
                overdue.add_metric(place, late)
            for lane in kind.objects.failed().values("lane").annotate(many=Count("pk")):
                failed.add_metric([kind._meta.model_name, lane["lane"]], lane["many"])
        yield from (depth, overdue, oldest, failed)


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
            passed = timezone.now() - token.fetched_at
            age.add_metric([token.app], passed.total_seconds())
        yield from (calls, errors, age)
