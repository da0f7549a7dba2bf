"""Translations as people write them become the form that programs read."""

import gettext
import os

import pytest

from scrm.translations import compile_what_is_stale

WRITTEN = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "customer"
msgstr "客户"
"""


@pytest.fixture
def catalogue(tmp_path):
    source = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(WRITTEN)
    return source


class TestCompileWhatIsStale:
    def test_makes_what_gettext_reads(self, catalogue, tmp_path):
        compile_what_is_stale(tmp_path)

        with catalogue.with_suffix(".mo").open("rb") as made:
            assert gettext.GNUTranslations(made).gettext("customer") == "客户"
        assert len(list(catalogue.parent.iterdir())) == 2

    def test_leaves_alone_what_is_up_to_date(self, catalogue, tmp_path):
        made = catalogue.with_suffix(".mo")
        made.write_bytes(b"made by hand")

        compile_what_is_stale(tmp_path)

        assert made.read_bytes() == b"made by hand"

    def test_makes_anew_what_is_older_than_its_source(self, catalogue, tmp_path):
        made = catalogue.with_suffix(".mo")
        made.write_bytes(b"made long ago")
        os.utime(made, (0, 0))

        compile_what_is_stale(tmp_path)

        assert made.read_bytes() != b"made long ago"
