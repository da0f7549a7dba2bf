"""What the pages name is there."""

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from django.core.management import get_commands, load_command_class

from apps.sandbox.control import WISHES
from apps.sandbox.corp import ACTS
from apps.sandbox.dump import PARTS
from apps.sandbox.faults import KINDS
from apps.sandbox.knobs import Knobs
from tests.docs import dependencies, error_codes
from tests.docs.pages import (
    PAGES,
    README,
    ROOT,
    commands,
    files,
    functions,
    links,
    modules,
    name_of,
    named_tests,
    places,
)

each_page = pytest.mark.parametrize("document", PAGES, ids=name_of)
OPERATIONS = ROOT / "docs" / "operations.md"
SANDBOX = ROOT / "docs" / "sandbox.md"


def names_in(file) -> Iterator[str]:
    """Functions, classes and constants, those of a class as Class.name."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign):
            yield from (t.id for t in node.targets if isinstance(t, ast.Name))
        if isinstance(node, ast.AnnAssign):
            yield node.target.id
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from (
                f"{node.name}.{inner.name}"
                for inner in node.body
                if isinstance(inner, ast.FunctionDef)
            )


@each_page
class TestEveryPage:
    def test_points_only_to_what_is_there(self, document):
        for link in links(document):
            address, _, place = link.partition("#")
            target = (document.parent / address).resolve() if address else document
            assert target.exists(), link
            if place:
                assert place in places(target), link

    def test_names_only_files_that_exist(self, document):
        missing = [name for name in files(document) if not (ROOT / name).exists()]

        assert missing == []

    def test_names_only_functions_that_exist(self, document):
        missing = [
            (file, name)
            for file, name in functions(document)
            if name not in {n.rpartition(".")[2] for n in names_in(ROOT / file)}
            and name not in set(names_in(ROOT / file))
        ]

        assert missing == []

    def test_names_only_tests_that_exist(self, document):
        named = set(named_tests(document))
        files = (ROOT / "tests").rglob("test_*.py") if named else ()
        there = {
            name
            for file in files
            for name in re.findall(r"def (test_\w+)\(", file.read_text())
        }

        assert named <= there

    def test_names_only_commands_and_options_that_exist(self, document):
        usage = (ROOT / "run").read_text()
        own = set(re.findall(r"^([a-z]+)\)(?: shift|$)", usage, re.MULTILINE))
        known = get_commands()
        for name, options in commands(document):
            if name in own:  # even if Django has one of that name
                continue
            assert name in known, name
            parser = load_command_class(known[name], name).create_parser("run", name)
            for option in options:
                assert option in parser._option_string_actions, (name, option)

    def test_names_only_modules_that_exist(self, document):
        assert all(find_spec(module) for module in modules(document))


class TestReadme:
    def test_names_every_app(self):
        apps = {path.parent.name for path in ROOT.glob("apps/*/apps.py")}

        assert {app for app in apps if app not in README.read_text()} == set()

    def test_points_to_every_page_of_docs(self):
        pages = {path.name for path in ROOT.glob("docs/*.md")}
        named = README.read_text()

        assert {page for page in pages if f"docs/{page}" not in named} == set()


class TestSandboxPage:
    @pytest.mark.parametrize(
        "names",
        [
            set(ACTS),
            set(Knobs().settings()),
            {path for _method, path in WISHES},
            set(PARTS),
        ],
        ids=["acts", "knobs", "addresses", "parts"],
    )
    def test_tells_everything_that_the_sandbox_can(self, names):
        text = SANDBOX.read_text()

        assert {name for name in names if f"`{name}`" not in text} == set()

    def test_tells_every_kind_of_fault(self):
        text = SANDBOX.read_text()

        assert {kind for kind in KINDS if f'`"{kind}"`' not in text} == set()


def test_operations_names_only_figures_that_are_measured():
    code = [ROOT / "apps/backoffice/metrics.py", ROOT / "apps/wecom/views.py"]
    measured = "".join(file.read_text() for file in code)
    named = re.findall(r"\b(?:scrm|wecom)_[a-z_]+", OPERATIONS.read_text())

    unknown = [name for name in named if name.removesuffix("_total") not in measured]
    assert named
    assert unknown == []


class TestErrorCodes:
    def test_the_table_says_what_the_screen_says(self):
        text = error_codes.PAGE.read_text()

        assert error_codes.with_table(text) == text, "python -m tests.docs.error_codes"

    def test_every_code_is_in_it(self):
        rows = re.findall(r"^\| (-?\d+(?:–\d+)?) \|", error_codes.table(), re.MULTILINE)

        table = error_codes.TABLE.read_text()
        assert len(rows) == len(re.findall(r'^"-?[\d-]+"', table, re.MULTILINE))


class TestDependencies:
    def test_the_page_is_what_is_installed(self):
        text = dependencies.PAGE.read_text()

        assert dependencies.page() == text, "python -m tests.docs.dependencies"

    def test_none_is_without_a_licence(self):
        named = [*dependencies.PURPOSES, *dependencies.locked()]

        assert [name for name in named if not dependencies.licence_of(name)] == []
