"""Figures for Prometheus: what the tables say now, and what was counted.

The tables are everybody's, so each web server of ours tells the same of them. What was
counted is a server's own. Nothing here reads a table from end to end, and what cannot
be told is left out: a database that is away is a figure too.
"""

import hmac
import ipaddress
import logging
import os
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, connections
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

from apps.backoffice.health import broker_answers, database_answers
from apps.common import replica
from apps.common.jobs import Job, every_kind_of_job
from apps.common.models import Absence, Presence
from apps.sync.models import Pull
from apps.wecom.models import AccessToken, Callback, Quota

logger = logging.getLogger(__name__)

CONNECTIONS = """
SELECT application_name, coalesce(state, ''), count(*),
    coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
GROUP BY 1, 2
"""
LIMIT = "SELECT current_setting('max_connections')::int"
SIZE = "SELECT pg_database_size(current_database())"
# The planner's estimates: what tells when a table has outgrown its place.
ROWS = """
SELECT relname, greatest(sum(reltuples), 0) FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s) GROUP BY 1
"""
LARGE = [
    *["events_eventrecord", "events_delivery", "wecom_callback", "wecom_command"],
    *["contacts_contact", "contacts_follow", "tags_tagging", "groups_stay"],
]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not (shows_the_token(request) or comes_from_here(request)):
        return HttpResponse(status=403)
    kept = CollectorRegistry(auto_describe=False)
    kept.register(Tables())
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


class Tables(Collector):
    """Everything below, each by itself, and whether the database answers at all."""

    def collect(self) -> Iterator[Metric]:
        well = database_answers()
        parts = (Jobs(), Wire(), InStep(), People(), Database()) if well else ()
        for part in parts:
            try:
                yield from list(part.collect())
            except (DatabaseError, InterfaceError) as trouble:
                logger.warning("no figures: %s", type(trouble).__name__)
                well = False
        yield gauge("scrm_database_up", "Whether it answers", float(well))
        yield gauge("scrm_broker_up", "Whether it answers", float(broker_answers()))


def gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


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
        last = Callback.objects.order_by("-received_at").first()
        if last:
            silent = seconds(last.received_at, timezone.now())
            yield gauge("scrm_callbacks_silent_seconds", "Since the last one", silent)


class InStep(Collector):
    """Are we in step with WeCom? What the last pull of each scope found."""

    def collect(self) -> Iterator[Metric]:
        age = GaugeMetricFamily(
            "scrm_pull_age_seconds", "Since it ended well", labels=["scope"]
        )
        differences = GaugeMetricFamily(
            "scrm_pull_differences", "What it found", labels=["scope", "kind"]
        )
        drift = GaugeMetricFamily(
            "scrm_drift_ratio", "Contacts that differ, of a sample", labels=["bound"]
        )
        sample = GaugeMetricFamily("scrm_drift_sample", "How many were looked at")
        for scope in Pull.Scope.values:
            done = Pull.objects.filter(scope=scope, status=Job.Status.DONE)
            pull = done.order_by("-pk").first()
            if pull is None:
                continue
            age.add_metric([scope], seconds(pull.done_at, timezone.now()))
            kinds = pull.differences.order_by().values("kind")
            for row in kinds.annotate(many=Count("pk")):
                differences.add_metric([scope, row["kind"]], row["many"])
            if audit := pull.counts.get("audit"):
                sample.add_metric([], audit.get("contacts", 0))
                for bound in ("drift", "low", "high"):
                    drift.add_metric([bound], audit.get(bound, 0))
        yield from (age, differences, drift, sample)


class People(Collector):
    """Who was here when, and the spells in which nobody was."""

    def collect(self) -> Iterator[Metric]:
        seen = GaugeMetricFamily(
            "scrm_presence_seconds", "Since anybody of it was here", labels=["role"]
        )
        absences = CounterMetricFamily(
            "scrm_absences", "Nobody was here", labels=["role", "why"]
        )
        for presence in Presence.objects.order_by("role"):
            age = seconds(presence.seen_at, timezone.now())
            seen.add_metric([presence.role], age)
        spells = Absence.objects.order_by().values("role", "why")
        for row in spells.annotate(many=Count("pk")):
            absences.add_metric([row["role"], row["why"]], row["many"])
        undealt = Absence.objects.undealt().count()
        yield from (seen, absences)
        yield gauge("scrm_absences_undealt", "Nobody looked what was missed", undealt)


class Database(Collector):
    """Who holds connections, how large it is, and whether the replica counts."""

    def collect(self) -> Iterator[Metric]:
        labels = ["who", "state"]
        held = GaugeMetricFamily(
            "scrm_database_connections", "By application", labels=labels
        )
        oldest = GaugeMetricFamily(
            "scrm_database_transaction_seconds", "The oldest one", labels=labels
        )
        rows = GaugeMetricFamily(
            "scrm_table_rows", "As the planner estimates", labels=["table"]
        )
        with connection.cursor() as cursor:
            cursor.execute(CONNECTIONS)
            for who, state, many, since in cursor.fetchall():
                held.add_metric([who, state], many)
                oldest.add_metric([who, state], since)
            cursor.execute(ROWS, [LARGE])
            for table, many in cursor.fetchall():
                rows.add_metric([table], many)
            cursor.execute(LIMIT)
            limit = cursor.fetchone()[0]
            cursor.execute(SIZE)
            size = cursor.fetchone()[0]
        yield from (held, oldest, rows)
        yield gauge("scrm_database_connections_limit", "max_connections", limit)
        yield gauge("scrm_database_bytes", "On disk", size)
        if replica.REPLICA in connections:
            used = float(replica.for_reports() == replica.REPLICA)
            yield gauge("scrm_replica_used", "Whether it counts for us", used)
