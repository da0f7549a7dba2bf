"""The handbook reads well, and its pictures are small and of use."""

import re

import pytest

from tests.docs.pages import HANDBOOK, LINK, PAGES, README, ROOT, name_of, prose
from tests.docs.pictures import LARGEST, PICTURES, size_of

CHINESE = [page for page in PAGES if HANDBOOK in page.parents]
HAN = r"[\u4e00-\u9fff]"

each_page = pytest.mark.parametrize("document", CHINESE, ids=name_of)


def wording(document) -> str:
    """What is read as text: without code, addresses and the strokes of tables."""
    text = re.sub(r"`[^`\n]*`", "`", prose(document))
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return text.replace("**", "")


@each_page
class TestEveryPage:
    def test_says_you_in_one_way(self, document):
        assert "您" not in document.read_text()

    def test_has_full_width_punctuation_between_chinese_words(self, document):
        assert re.findall(rf".?{HAN}[,;:!?()].?", wording(document)) == []

    def test_has_a_space_between_chinese_and_latin(self, document):
        glued = rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}"

        assert re.findall(f".?.?(?:{glued}).?.?", wording(document)) == []

    def test_is_reached_from_the_first_page(self, document):
        first = HANDBOOK / "README.md"

        assert document == first or document.name in LINK.findall(first.read_text())


class TestPictures:
    def test_all_are_shown_somewhere(self):
        shown = "".join(page.read_text() for page in [README, *CHINESE])

        missing = [p.file for p in PICTURES if p.file.split("/")[-1] not in shown]
        assert missing == []

    @pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.file)
    def test_are_there_and_small(self, picture):
        file = ROOT / "docs" / picture.file

        assert file.stat().st_size < LARGEST
        assert size_of(file.read_bytes()) == picture.size

    def test_none_lies_about(self):
        kept = {
            str(path.relative_to(ROOT / "docs"))
            for path in (ROOT / "docs").rglob("*.png")
        }

        assert kept == {picture.file for picture in PICTURES}
