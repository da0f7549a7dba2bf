"""Figures for Prometheus, and who may read them."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.common.models import Absence, Presence
from apps.sync.models import Difference
from apps.wecom.models import AccessToken, Command, Quota
from tests import make
from tests.processes import ROOT, environment

TOKEN = "a-token-for-metrics"
MANY = 50_000  # done jobs; enough for the planner to shun them

# The figures of a process whose database has gone away.
WITHOUT = """
from django.test import Client
print(Client().get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode())
"""


@pytest.mark.django_db
class TestMetrics:
    def test_tells_what_waits_and_for_how_long(self, client):
        then = timezone.now() - timedelta(minutes=2)
        waiting = {"lane": "outgoing", "call": "x", "created_at": then, "due_at": then}
        Command.objects.create(**waiting)
        Command.objects.create(**waiting | {"status": "done"})
        Command.objects.create(**waiting | {"status": "failed"})

        text = client.get("/metrics").content.decode()

        place = '{kind="wecom.Command",lane="outgoing"}'
        assert f"scrm_jobs_waiting{place} 1.0" in text
        assert f"scrm_jobs_failed{place} 1.0" in text
        assert f"scrm_jobs_overdue_seconds{place} 12" in text

    def test_tells_what_wecom_was_asked_and_what_it_refused(self, client):
        Quota.objects.create(api="gettoken", calls=7, errors={"45009": 2})
        then = timezone.now() - timedelta(seconds=90)
        AccessToken.objects.create(app="app", fetched_at=then)

        text = client.get("/metrics").content.decode()

        assert 'scrm_wecom_calls_total{api="gettoken"} 7.0' in text
        assert 'scrm_wecom_errors_total{api="gettoken",errcode="45009"} 2.0' in text
        assert 'scrm_wecom_token_age_seconds{app="app"} 9' in text

    def test_tells_since_when_wecom_is_silent(self, client):
        make.callback(received_at=timezone.now() - timedelta(minutes=50))
        make.callback(received_at=timezone.now() - timedelta(minutes=5))

        assert 299 < figure(client, "scrm_callbacks_silent_seconds") < 320

    def test_tells_how_far_the_last_pull_of_each_scope_found_us_out_of_step(
        self, client
    ):
        then = timezone.now() - timedelta(hours=1)
        earlier, later = (
            make.pull(scope="sweep", status="done", done_at=then) for _ in range(2)
        )
        differ(earlier, "different", 3)
        differ(later, "missing_here", 2)
        drifted = {"contacts": 1000, "drift": 0.004, "low": 0.001, "high": 0.01}
        make.pull(scope="audit", status="done", done_at=then, counts={"audit": drifted})
        differ(make.pull(scope="whole", status="failed"), "different", 9)

        text = client.get("/metrics").content.decode()

        assert 'scrm_pull_differences{kind="missing_here",scope="sweep"} 2.0' in text
        assert 'kind="different"' not in text
        assert 'scrm_pull_age_seconds{scope="sweep"} 36' in text
        assert 'scrm_drift_ratio{bound="drift"} 0.004' in text
        assert 'scrm_drift_ratio{bound="high"} 0.01' in text
        assert "scrm_drift_sample 1000.0" in text

    def test_tells_who_was_away(self, client):
        then = timezone.now() - timedelta(minutes=2)
        Presence.objects.update_or_create(role="worker", defaults={"seen_at": then})
        spell = {"began_at": then, "ended_at": timezone.now(), "why": "silent"}
        Absence.objects.create(role="web", **spell)
        Absence.objects.create(role="web", dealt_with_at=then, **spell)

        text = client.get("/metrics").content.decode()

        assert 'scrm_presence_seconds{role="worker"} 12' in text
        assert 'scrm_absences_total{role="web",why="silent"} 2.0' in text
        assert "scrm_absences_undealt 1.0" in text

    def test_tells_of_the_database_and_the_broker(self, client):
        assert figure(client, "scrm_database_up") == 1
        assert figure(client, "scrm_broker_up") == 1
        assert figure(client, "scrm_database_connections_limit") == 200
        assert figure(client, "scrm_database_bytes") > 1_000_000
        text = client.get("/metrics").content.decode()
        assert 'scrm_database_connections{state="active",who="scrm test"} 1.0' in text
        assert 'scrm_table_rows{table="contacts_contact"}' in text

    @pytest.mark.parametrize(
        ("asked_from", "headers", "status"),
        [
            ("127.0.0.1", {}, 200),
            ("::1", {}, 200),
            ("10.1.2.3", {}, 403),
            ("", {}, 403),
            # through a proxy on this machine that nobody told us of
            ("127.0.0.1", {"X-Forwarded-For": "8.8.8.8"}, 403),
            ("10.1.2.3", {"Authorization": f"Bearer {TOKEN}"}, 200),
            ("10.1.2.3", {"Authorization": "Bearer "}, 403),
            ("10.1.2.3", {"Authorization": "Bearer wröng"}, 403),
        ],
    )
    def test_is_open_to_this_machine_and_to_the_token(
        self, client, settings, asked_from, headers, status
    ):
        settings.METRICS_TOKEN = TOKEN

        answer = client.get("/metrics", headers=headers, REMOTE_ADDR=asked_from)

        assert answer.status_code == status

    def test_is_closed_to_an_empty_token_when_none_is_set(self, client):
        headers = {"Authorization": "Bearer "}

        answer = client.get("/metrics", headers=headers, REMOTE_ADDR="10.1.2.3")

        assert answer.status_code == 403


def figure(client, name: str) -> float:
    lines = client.get("/metrics").content.decode().splitlines()
    [value] = [line.split()[1] for line in lines if line.startswith(f"{name} ")]
    return float(value)


def differ(pull, kind: str, many: int) -> None:
    found = {"step": "contacts", "thing": "follow", "kind": kind}
    for number in range(many):
        Difference.objects.create(pull=pull, subject=f"{number}", **found)


def repeat(row, times: int) -> None:
    """The same row so many times more."""
    table = row._meta.db_table
    columns = ", ".join(
        f'"{field.column}"'
        for field in row._meta.concrete_fields
        if not field.primary_key
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} "
            f"FROM {table}, generate_series(1, %s) WHERE id = %s",
            [times, row.pk],
        )
        cursor.execute(f"ANALYZE {table}")


@pytest.mark.django_db
def test_reads_no_table_of_jobs_from_end_to_end(client):
    done = {"status": "done", "done_at": timezone.now()}
    repeat(make.callback(**done), MANY)
    repeat(make.command(**done), MANY)
    make.callback()
    make.command()
    with CaptureQueriesContext(connection) as asked:
        client.get("/metrics")

    plans = [plan_of(query["sql"]) for query in asked.captured_queries]
    looked_at = [plan for plan in plans if "wecom_c" in plan]
    assert len(looked_at) > 4
    assert [plan for plan in looked_at if "Seq Scan on wecom_c" in plan] == []


def plan_of(sql: str) -> str:
    if not sql.startswith("SELECT"):
        return ""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())


def told_by_a_process(**variables: str) -> str:
    told = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", WITHOUT],
        cwd=ROOT,
        env=environment() | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout


@pytest.mark.django_db
def test_a_database_that_is_away_is_a_figure_too():
    text = told_by_a_process(DATABASE_URL="postgresql://scrm@/scrm?host=/nowhere")

    assert "scrm_database_up 0.0" in text
    assert "scrm_broker_up 1.0" in text
    assert "wecom_callbacks_kept_total" in text


@pytest.mark.django_db
def test_so_is_a_replica_that_is_away():
    gone = "postgresql://scrm@/scrm?host=/nowhere"

    text = told_by_a_process(DATABASE_REPLICA_URL=gone)

    assert "scrm_replica_used 0.0" in text
    assert "scrm_database_up 1.0" in text
