"""Figures for Prometheus, and who may read them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.wecom.models import AccessToken, Command, Quota

TOKEN = "a-token-for-metrics"


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
