"""What a person reads on a page, and what must never stand there."""

import re
from html.parser import HTMLParser

UNSEEN = {"script", "style", "head", "template"}
READ_ALOUD = {"title", "placeholder", "aria-label", "data-ask"}
HAN = "\u4e00-\u9fff"

# Names that are the same in every language, and what WeCom calls things.
ALLOWED = re.compile(
    r"SCRM|WeCom|UnionID|OpenID|\bID\b|Ctrl|Enter|Esc|Redis|Valkey|Secret|AgentId|"
    r"\bAPI\b|RabbitMQ|userid|external_userid|\buser\d+\b"
)
NEVER = re.compile(r"\bNone\b|\bnull\b|undefined|\{\{|\}\}|\d\dT\d\d:|CNY|Traceback")


class Page(HTMLParser):
    """The words of a page: text, and what is shown on hover or read aloud."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.stack: list[tuple[str, bool]] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        self.words += [given[name] for name in READ_ALOUD & given.keys()]
        if tag not in {"input", "img", "br", "hr", "link", "meta", "path"}:
            icon = "material-symbols" in given.get("class", "")
            ours = "mono" in given.get("class", "") or "paper" in given.get("class", "")
            self.stack.append((tag, icon or ours or tag in UNSEEN or tag == "kbd"))

    def handle_endtag(self, tag):
        while self.stack:
            closed, _unseen = self.stack.pop()
            if closed == tag:
                break

    def handle_data(self, text):
        if text.strip() and not any(unseen for _tag, unseen in self.stack):
            self.words.append(" ".join(text.split()))


def faults(html: str, *, names: str = "") -> list[str]:
    """English words, half-width punctuation between Han, and what slipped through.

    `names` are words that the test itself has put there.
    """
    found = []
    for text in Page(html).words:
        for name in names.split():
            text = text.replace(name, "")
        english = re.search(r"[A-Za-z]{3,}", ALLOWED.sub("", text))
        half_width = re.search(f"[{HAN}][,:;?!()][{HAN}]", text)
        if english or half_width or NEVER.search(text):
            found.append(text)
    return found
