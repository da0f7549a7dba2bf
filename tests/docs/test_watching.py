"""The dashboard and the alerts ask only for figures that are told."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import pytest
import yaml
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.common.models import Absence, Presence
from apps.sync.models import Difference, Pull
from apps.wecom.models import AccessToken, Quota
from apps.wecom.views import KEPT, REJECTED
from tests import make
from tests.docs.pages import ROOT, places

ALERTS = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((ROOT / "deploy/grafana/scrm.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

# What Prometheus and its node exporter tell of a machine.
OTHERS = re.compile(r"^(up|node_\w+)$")
NAME = re.compile(r"\b((?:scrm|wecom|node)_\w+|up)\b(?:\{([^}]*)\})?")
BY = re.compile(r"\bby \(([^)]*)\)")
LABEL = re.compile(r"(\w+)(?:=~|!=|!~|=)")


def expressions() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.fixture
def told(db, client) -> dict[str, set[str]]:
    """Every figure with the labels that it has been seen with."""
    then = timezone.now() - timedelta(minutes=2)
    for status in ("waiting", "failed"):
        make.command(status=status)
    make.callback()
    Quota.objects.create(api="gettoken", calls=7, errors={"45009": 2})
    AccessToken.objects.create(app="app", fetched_at=then)
    audit = {"contacts": 1000, "drift": 0.004, "low": 0.001, "high": 0.01}
    pull = make.pull(
        scope=Pull.Scope.AUDIT, status="done", done_at=then, counts={"audit": audit}
    )
    Difference.objects.create(pull=pull, step="contacts", thing="follow", kind="x")
    Presence.objects.update_or_create(role="web", defaults={"seen_at": then})
    Absence.objects.create(role="web", began_at=then, ended_at=then, why="silent")
    KEPT.labels("app", "new").inc()
    REJECTED.labels("app", "BadSignature").inc()

    seen: dict[str, set[str]] = defaultdict(set)
    text = client.get("/metrics").content.decode()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            seen[sample.name] |= set(sample.labels)
    # told only where there is one: tests/backoffice/test_metrics.py
    seen["scrm_replica_used"] = set()
    return seen


def test_every_figure_that_is_asked_for_is_told_with_its_labels(told):
    wrong, asked = [], set()
    for title, expression in expressions():
        labels = set()
        for name, selected in NAME.findall(expression):
            if OTHERS.match(name):
                continue
            asked.add(name)
            labels |= told.get(name, set())
            known = name in told and set(LABEL.findall(selected)) <= told[name]
            wrong += [] if known else [(title, name)]
        grouped = {part for by in BY.findall(expression) for part in by.split(", ")}
        wrong += [(title, label) for label in grouped - labels]

    assert wrong == []
    assert len(asked) > 20


def test_everything_that_is_told_of_us_is_shown(told):
    """A figure that nobody looks at is not worth its query."""
    shown = " ".join(expression for _title, expression in expressions())

    mine = {name for name in told if name.startswith("scrm_")}
    assert {name for name in mine if name not in shown} == set()


def test_the_dashboard_has_a_row_for_each_part_of_the_house():
    rows = [p["title"] for p in DASHBOARD["panels"] if p["type"] == "row"]

    assert rows == ["Callbacks", "Lanes", "WeCom", "Drift", "Processes"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(
        DASHBOARD["panels"]
    )


def test_panels_do_not_lie_upon_each_other():
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        mine = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _y in mine) < 24, panel["title"]
        assert not mine & taken, panel["title"]
        taken |= mine


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
class TestEveryAlert:
    def test_says_what_it_is_how_bad_and_what_to_do(self, rule):
        page, _, place = rule["annotations"]["runbook"].partition("#")

        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert place in places(ROOT / page)

    def test_knows_no_time_zone(self, rule):
        assert not re.search(r"\b(hour|day_of_week|minute|month)\(", rule["expr"])


def test_the_alert_of_refusals_knows_every_code_that_wants_a_person():
    table = json.loads((ROOT / "apps/wecom/errcodes.json").read_text())
    [rule] = [rule for rule in RULES if rule["alert"] == "ScrmWeComRefuses"]
    [codes] = re.findall(r'errcode=~"([^"]*)"', rule["expr"])

    wanted = {code for code, (kind, *_words) in table.items() if kind == "config"}
    assert set(codes.split("|")) == wanted
