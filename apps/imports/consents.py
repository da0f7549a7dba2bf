"""What a table says of consent: to what, and when, where, under which words.

A column for each purpose says yes or no; the moment, the place and the version of the
text are columns of their own, and hold for all purposes of the row. A table that tells
who agreed or refused tells when and where as well: without them it proves nothing.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.contacts.consent import NoSuchText, Saying
from apps.contacts.reading_values import NO, YES, plain
from apps.contacts.rights_models import Channel, ConsentText, Purpose
from apps.imports.cells import Wrong, moment

AGREES = "agrees:"
AT, PLACE, TEXT = "agreed_at", "agreed_in", "agreed_text"
TITLES: dict[str, Any] = {
    **{
        f"{AGREES}{purpose.value}": format_lazy(
            _("consent: {purpose}"), purpose=purpose.label
        )
        for purpose in Purpose
    },
    AT: _("consent: when they said so"),
    PLACE: _("consent: where they said so"),
    TEXT: _("consent: version of the text"),
}
SAYS = {
    f"{AGREES}{Purpose.MARKETING.value}": "同意营销 营销同意 是否同意营销 同意营销消息 "
    "接收营销 是否接收营销 接受营销 营销授权",
    f"{AGREES}{Purpose.PROFILING.value}": "同意个性化推荐 个性化推荐",
    f"{AGREES}{Purpose.SHARING.value}": "同意共享 同意向合作方提供 是否同意共享",
    f"{AGREES}{Purpose.SENSITIVE.value}": "同意敏感信息 同意保存敏感信息",
    AT: "同意时间 同意日期 授权时间 授权日期",
    PLACE: "同意渠道 同意方式 授权渠道 授权方式",
    TEXT: "同意文本 同意文本版本 文本版本 协议版本 隐私政策版本 授权版本",
}
AGREED = YES | {"同意", "已同意", "接受", "愿意"}
REFUSED = NO | {"拒绝", "已拒绝", "不同意", "不接受", "不愿意", "撤回", "已撤回"}
PLACES = {
    Channel.CHAT: "聊天中 聊天 微信 企业微信 chat",
    Channel.PHONE: "电话 来电 phone",
    Channel.PAPER: "书面 纸质 合同 签字 paper",
    Channel.SHOP: "门店 店内 线下 shop",
    Channel.ONLINE: "网页或小程序 网页 小程序 官网 线上 app online",
}
PLACE_OF = {word: place for place, words in PLACES.items() for word in words.split()}
A_DAY = timedelta(days=1)  # clocks and zones differ


def wrong_with(meanings: Collection[str]) -> str:
    """Why consent cannot be told so; empty if it can."""
    says = any(meaning.startswith(AGREES) for meaning in meanings)
    if says and not {AT, PLACE} <= set(meanings):
        return gettext(
            "Where a column tells who agreed, one column must say when, and one where."
        )
    return ""


class Consents:
    """The columns of an import that tell of consent, to read many rows by them."""

    def __init__(self, meanings: Collection[str]) -> None:
        self.purposes = [p for p in Purpose.values if f"{AGREES}{p}" in meanings]
        self.texts: dict[tuple[str, str], ConsentText] = {}
        if self.purposes and TEXT in meanings:
            texts = ConsentText.objects.filter(purpose__in=self.purposes)
            self.texts = {(text.purpose, text.version): text for text in texts}

    def sayings(self, told: Mapping[str, str]) -> list[Saying]:
        """What a row says; an empty cell says nothing."""
        answers = {
            purpose: yes_or_no(told[f"{AGREES}{purpose}"])
            for purpose in self.purposes
            if f"{AGREES}{purpose}" in told
        }
        if not answers:
            return []
        if AT not in told:
            raise Wrong(gettext("When did they agree or refuse? The time is missing."))
        if PLACE not in told:
            raise Wrong(gettext("Where did they agree or refuse? It is missing."))
        at, place = moment(told[AT]), place_in(told[PLACE])
        if at > timezone.now() + A_DAY:
            raise Wrong(gettext("They agree or refuse in the future."))
        return [
            Saying(
                purpose=purpose,
                given=given,
                channel=place,
                at=at,
                text=self.text(purpose, told.get(TEXT, "")),
            )
            for purpose, given in answers.items()
        ]

    def text(self, purpose: str, version: str) -> ConsentText | None:
        version = version.strip()
        if version and (purpose, version) not in self.texts:
            raise Wrong(str(NoSuchText(detail=version[:40])))
        return self.texts.get((purpose, version))


def yes_or_no(written: str) -> bool:
    word = plain(written).lower()
    if word not in AGREED | REFUSED:
        words = {"written": written[:40]}
        raise Wrong(gettext("“%(written)s” is neither yes nor no.") % words)
    return word in AGREED


def place_in(written: str) -> str:
    found = PLACE_OF.get(plain(written).lower())
    if found is None:
        offered = "、".join(str(place.label) for place in Channel)
        words = {"written": written[:40], "offered": offered}
        raise Wrong(
            gettext("“%(written)s” is no place; it may be: %(offered)s.") % words
        )
    return found.value
