"""Reading XML that WeCom, or somebody who says so, has sent."""

import time
import tracemalloc

import pytest

from apps.wecom.crypto import Unreadable
from apps.wecom.xml import read_envelope, read_xml

DOCTYPES = [
    '<!DOCTYPE xml SYSTEM "file:///etc/passwd">{}',
    '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd">{}',
    '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]>{}',
    "<!DOCTYPE xml [<!ENTITY a 'b'>]>{}",
    "<!DOCTYPE xml [<!ENTITY % a SYSTEM 'http://127.0.0.1:9/x'> %a;]>{}",
    "<!DOCTYPE xml>{}",
]

LAUGHS = "<!DOCTYPE xml [<!ENTITY a0 'ha'>{}]><xml>&a9;</xml>".format(
    "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
)
QUADRATIC = "<!DOCTYPE xml [<!ENTITY a '{}'>]><xml>{}</xml>".format(
    "a" * 100_000, "&a;" * 3_000
)
DEEP = "<xml>" + "<a>" * 10_000 + "</a>" * 10_000 + "</xml>"
CROWDED = "<xml>" + "<a/>" * 250_000 + "</xml>"


class TestElements:
    def test_are_text_or_dicts_of_elements(self):
        told = read_xml("<xml><a><![CDATA[1 < 2]]></a><b><c>渠道</c></b></xml>")

        assert told == {"a": "1 < 2", "b": {"c": "渠道"}}

    @pytest.mark.parametrize(
        ("told", "items"),
        [
            ("<Item>a</Item>", ["a"]),
            ("<Item>a</Item><Item>b</Item>", ["a", "b"]),
            ("<Item><N>1</N></Item>", [{"N": "1"}]),
        ],
    )
    def test_called_item_are_a_list_however_many_there_are(self, told, items):
        assert read_xml(f"<xml><L>{told}</L></xml>") == {"L": {"Item": items}}

    def test_that_are_repeated_are_a_list(self):
        assert read_xml("<xml><a>1</a><a>2</a><a>3</a></xml>") == {"a": ["1", "2", "3"]}

    @pytest.mark.parametrize(
        "told",
        ["<a/>", "<a></a>", "<a> \n</a>", "<a><![CDATA[]]></a>", "<a><Item/></a>"],
    )
    def test_that_are_empty_are_absent(self, told):
        assert read_xml(f"<xml>{told}<b>1</b></xml>") == {"b": "1"}

    @pytest.mark.parametrize(
        "forbidden", ["\x00", "\x08", "\x1f", "\uffff", "&#0;", "&#x1F;", "&#xFFFF;"]
    )
    def test_lose_the_characters_that_no_database_keeps(self, forbidden):
        assert read_xml(f"<xml><a>x{forbidden}y</a></xml>") == {"a": "xy"}

    def test_keep_every_other_character(self):
        strange = "\u202e\u0301\U0001f600\x85\x7f" + "e\u0301" * 1000

        assert read_xml(f"<xml><a>{strange}</a></xml>") == {"a": strange}

    def test_keep_references_to_lawful_characters(self):
        assert read_xml("<xml><a>&#65;&#x4e2d;&amp;</a></xml>") == {"a": "A中&"}

    def test_may_stand_in_any_order(self):
        one = read_xml("<xml><a>1</a><b>2</b></xml>")
        other = read_xml("<xml>\n<b>2</b>\n<a>1</a>\n</xml>")

        assert one == other


class TestRefusal:
    @pytest.mark.parametrize(
        "told",
        [
            "",
            "hello",
            "<xml>",
            "<xml></yml>",
            "<yml><a>1</a></yml>",
            '<x:xml xmlns:x="u"><a>1</a></x:xml>',
            "<xml>&unknown;</xml>",
            '<?xml version="1.0" encoding="utf-7"?><xml>',
            "<xml/><xml/>",
            *[doctype.format("<xml><a>1</a></xml>") for doctype in DOCTYPES],
        ],
    )
    def test_of_what_is_no_message(self, told):
        with pytest.raises(Unreadable):
            read_xml(told)
        with pytest.raises(Unreadable):
            read_envelope(told.encode())

    @pytest.mark.parametrize(
        "told",
        [LAUGHS, QUADRATIC, DEEP, CROWDED],
        ids=["laughs", "quadratic", "deep", "crowded"],
    )
    def test_of_what_would_cost_much_costs_little(self, told):
        for read, given in ((read_xml, told), (read_envelope, told.encode())):
            began = time.thread_time()  # others may use the machine as well
            with pytest.raises(Unreadable):
                read(given)
            assert time.thread_time() - began < 0.2

    def test_of_what_would_fill_the_memory_fills_little(self):
        tracemalloc.start()
        try:
            for told in (LAUGHS, QUADRATIC, DEEP, CROWDED):
                with pytest.raises(Unreadable):
                    read_xml(told)
            _now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert most < 10_000_000


class TestEnvelope:
    def test_holds_what_is_sealed(self):
        body = (
            "<xml><ToUserName>ww1</ToUserName><Encrypt><![CDATA[QQ==]]></Encrypt></xml>"
        )

        assert read_envelope(body.encode()) == "QQ=="

    @pytest.mark.parametrize(
        "body",
        [
            b"<xml></xml>",
            b"<xml><Encrypt></Encrypt></xml>",
            b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
            b"<xml><Encrypt><a>b</a></Encrypt></xml>",
            b"<xml><Encrypt>\xff</Encrypt></xml>",
            b'{"encrypt": "a"}',
        ],
    )
    def test_is_refused_without_exactly_one(self, body):
        with pytest.raises(Unreadable):
            read_envelope(body)
