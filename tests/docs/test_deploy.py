"""What the units, the compose file and the image start is there, and may do little."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from apps.common import tables
from apps.common.api.problems import PROBLEM_JSON, described
from apps.common.lanes import Lane
from apps.wecom.views import LARGEST
from scrm.environment import in_a_file
from scrm.household import free_port
from scrm.serving import WORKERS
from scrm.variables import VARIABLES
from tests.check import COMPLETE, ROOT
from tests.processes import environment

DEPLOY = ROOT / "deploy"
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
TARGET = DEPLOY / "systemd" / "scrm.target"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = {
    name: service
    for name, service in COMPOSE["services"].items()
    if service["image"] == "scrm"
}
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
NGINX = (DEPLOY / "nginx.conf").read_text()

NAMES = {variable.name for variable in VARIABLES}
NEEDED = {v.name for v in VARIABLES if v.needed_from is not None}

each_service = pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
each_container = pytest.mark.parametrize("name", OURS)


def lines_of(unit, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.MULTILINE)


def assert_can_be_run(command: list[str]) -> None:
    """A command of manage.py with options that it knows."""
    name, *arguments = command
    parser = load_command_class(get_commands()[name], name).create_parser("run", name)
    parser.parse_args([part.replace("%i", "8001") for part in arguments])


def given_by(text: str) -> dict[str, str]:
    """The lines of a file of variables."""
    lines = [line.partition("=") for line in text.splitlines() if line[:1] not in "#"]
    return {name: value for name, _, value in lines if name}


def plain(names) -> set[str]:
    """Without the ending that says that a value stands in a file."""
    return {name.removesuffix(in_a_file("")) for name in names}


EXAMPLE = given_by((DEPLOY / "environment.example").read_text())


@each_service
class TestEveryUnit:
    def test_starts_what_is_there(self, unit):
        commands = [shlex.split(line) for line in lines_of(unit, "ExecStart")]

        assert commands
        for python, manage, *command in commands:
            assert (python, manage) == ("/opt/scrm/.venv/bin/python", "manage.py")
            assert_can_be_run(command)

    def test_runs_as_nobody_in_particular_and_writes_little(self, unit):
        assert lines_of(unit, "User") == ["scrm"]
        assert lines_of(unit, "ProtectSystem") == ["strict"]
        assert lines_of(unit, "NoNewPrivileges") == ["yes"]
        assert lines_of(unit, "CapabilityBoundingSet") == [""]
        assert lines_of(unit, "EnvironmentFile") == ["/etc/scrm/environment"]
        for place in lines_of(unit, "ReadWritePaths"):
            assert place.startswith("/opt/scrm/var")

    def test_is_started_again_and_has_time_to_finish(self, unit):
        if lines_of(unit, "Type") == ["oneshot"]:
            return
        assert lines_of(unit, "Restart") == ["always"]
        assert lines_of(unit, "StartLimitIntervalSec") == ["0"]
        [patience] = lines_of(unit, "TimeoutStopSec")
        assert int(patience) >= (10 if "timetable" in unit.name else 30)


class TestTheTarget:
    def test_wants_every_worker_by_its_name_and_no_other(self):
        wanted = " ".join(lines_of(TARGET, "Wants")).split()
        workers = re.findall(r"scrm-worker@(\w+)\.service", " ".join(wanted))

        assert sorted(workers) == sorted(WORKERS)
        assert set(",".join(WORKERS.values()).split(",")) == set(Lane.values)

    def test_wants_only_what_there_is_a_unit_for(self):
        wanted = " ".join(lines_of(TARGET, "Wants")).split()
        names = {re.sub(r"@\w+", "@", unit) for unit in wanted}

        assert names <= {unit.name for unit in SERVICES}
        assert sum("scrm-web@" in unit for unit in wanted) == 2  # one goes, one stays


def test_systemd_understands_the_units(tmp_path):
    """Where there is a systemd; paths are put where they exist."""
    for unit in [*SERVICES, TARGET]:
        text = unit.read_text().replace(
            "/opt/scrm/.venv/bin/python", f'"{sys.executable}"'
        )
        (tmp_path / unit.name).write_text(text)
    program = shutil.which("systemd-analyze")
    if program is None:
        return
    named = ["scrm.target", "scrm-prepare.service", "scrm-web@8001.service"]

    checked = subprocess.run(
        [program, "verify", *(str(tmp_path / name) for name in named)],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
    )

    assert checked.stderr == ""
    assert checked.returncode == 0


class TestTheExampleEnvironment:
    def test_names_only_what_is_known_and_all_that_is_needed(self):
        assert plain(EXAMPLE) - NAMES == set()
        assert NEEDED - plain(EXAMPLE) == set()

    def test_holds_no_secret_itself(self):
        secret = {variable.name for variable in VARIABLES if variable.secret}

        assert secret & set(EXAMPLE) == set()

    def test_is_enough_for_the_command_of_the_unit(self, transactional_db, tmp_path):
        here = environment()
        values = COMPLETE | {
            "DATABASE_URL": here["DATABASE_URL"],
            "BROKER_URL": "memory://",
            "METRICS_TOKEN": "a-token-for-metrics",
        }
        given = {"PATH": here["PATH"], "SCRM_ENV_FILE": "/dev/null"}
        for name, value in EXAMPLE.items():
            if name in NAMES:
                given[name] = value
            else:
                [short] = plain([name])
                (tmp_path / short).write_text(f"{values[short]}\n")
                given[name] = str(tmp_path / short)
        [line] = lines_of(DEPLOY / "systemd/scrm-web@.service", "ExecStart")
        port = free_port()
        _python, *command = shlex.split(line.replace("%i", str(port)))
        web = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert answered(port, "/readyz") == 200
        finally:
            web.terminate()
            web.wait(30)


def answered(port: int, path: str) -> int:
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, HTTPException):
            time.sleep(0.2)
        finally:
            connection.close()
    raise AssertionError("it never answered")


@each_container
class TestEveryContainer:
    def test_starts_what_is_there(self, name):
        assert_can_be_run(OURS[name]["command"])

    def test_is_told_everything_that_is_needed(self, name):
        told = plain(EXAMPLE) | plain(OURS[name]["environment"])

        assert plain(OURS[name]["environment"]) - NAMES == set()
        assert NEEDED - told == set()

    def test_gets_every_secret_that_it_is_told_of(self, name):
        container = OURS[name]
        files = [
            value.removeprefix("/run/secrets/")
            for variable, value in container["environment"].items()
            if variable.endswith(in_a_file(""))
        ]

        assert sorted(files) == sorted(container["secrets"])
        assert set(files) <= set(COMPOSE["secrets"])

    def test_runs_as_nobody_in_particular_and_writes_nothing(self, name):
        container = OURS[name]

        assert container["user"] == "10001:10001"
        assert container["read_only"] is True
        assert container["cap_drop"] == ["ALL"]
        assert container["stop_grace_period"] == "30s"
        assert container["restart"] == ("no" if name == "prepare" else "always")

    def test_starts_when_the_tables_are_there(self, name):
        if name != "prepare":
            waits_for = OURS[name]["depends_on"]
            assert "service_completed_successfully" in str(waits_for["prepare"])


class TestTheComposeFile:
    def test_has_two_webs_every_worker_and_a_timetable(self):
        workers = {f"worker-{name}" for name in WORKERS}

        assert set(OURS) == workers | {"web-1", "web-2", "timetable", "prepare"}

    def test_asks_the_webs_whether_they_live(self):
        for name in ("web-1", "web-2"):
            assert "/healthz" in " ".join(OURS[name]["healthcheck"]["test"])

    def test_puts_the_webs_where_the_proxy_looks_and_trusts_the_proxy(self):
        services = COMPOSE["services"]
        webs = COMPOSE["configs"]["webs"]["content"]
        at = {
            name: services[name]["networks"]["inside"]
            for name in services
            if isinstance(services[name]["networks"], dict)
        }

        for name in ("web-1", "web-2"):
            assert f"server {at[name]['ipv4_address']}:8000 " in webs
        for container in OURS.values():
            trusted = container["environment"]["TRUSTED_PROXIES"]
            assert trusted == at["proxy"]["ipv4_address"]

    def test_makes_a_database_in_which_chinese_is_found(self):
        made = COMPOSE["services"]["database"]["environment"]["POSTGRES_INITDB_ARGS"]

        assert made == "--encoding=UTF8 --locale=C.UTF-8"


class TestTheImage:
    def test_is_made_of_what_is_there(self):
        for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE):
            for name in line.split():
                assert (ROOT / name).exists(), name

    def test_runs_as_nobody_in_particular(self):
        assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]

    def test_starts_the_web(self):
        [command] = re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)

        assert_can_be_run(json.loads(command))


class TestTheProxy:
    def place(self, name: str) -> str:
        [found] = re.findall(rf"location {name} {{(.*?)\n    }}", NGINX, re.DOTALL)
        return found

    def test_lets_no_larger_callback_pass_than_we_read(self):
        assert "client_max_body_size 1m;" in self.place("/wecom/")
        assert LARGEST == 1024 * 1024

    def test_tells_a_callback_to_the_other_web_within_wecoms_patience(self):
        place = self.place("/wecom/")

        assert "non_idempotent" in place
        assert "proxy_next_upstream_timeout 4s" in place

    def test_lets_every_table_pass_that_we_read(self):
        place = self.place("= /admin/imports/import/start/")

        assert "client_max_body_size 21m;" in place
        assert tables.LARGEST < 21 * 1024 * 1024

    @pytest.mark.parametrize("code", ["too_large", "unavailable"])
    def test_tells_callers_of_the_api_what_went_wrong_as_we_do(self, code):
        place = self.place(f"@api_{code}")
        [(status, body)] = re.findall(r"return (\d+) '(.*)';", place)

        told = json.loads(body)
        assert told.pop("instance") == "$scrm_request_id"
        assert told == {n: v for n, v in described(code).items() if n != "instance"}
        assert int(status) == told["status"]
        assert f"default_type {PROBLEM_JSON};" in place

    def test_keeps_what_is_for_those_inside(self):
        place = self.place(r"~ \^/\(healthz\|readyz\|metrics\)\$")

        assert place.split() == ["return", "404;"]

    def test_passes_on_nothing_that_a_visitor_says_of_himself(self):
        for line in (
            "X-Forwarded-For $remote_addr",
            "X-Forwarded-Proto $scheme",
            'X-Forwarded-Host ""',
            'Forwarded ""',
        ):
            assert f"proxy_set_header {line};" in NGINX
