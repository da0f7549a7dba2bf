"""Events are written as WeCom writes them, whatever names they carry."""

import random
from xml.etree import ElementTree

import pytest

from apps.sandbox.compose import compose
from apps.sandbox.names import ODD


class TestCompose:
    def test_puts_strings_in_cdata_and_numbers_bare(self):
        text = compose({"Event": "change_contact", "CreateTime": 1700000000})

        assert text == (
            "<xml><Event><![CDATA[change_contact]]></Event>"
            "<CreateTime>1700000000</CreateTime></xml>"
        )

    def test_leaves_items_bare(self):
        text = compose({"MemChangeList": ["wmA", "wm<B"]})

        assert text == (
            "<xml><MemChangeList><Item>wmA</Item><Item>wm&lt;B</Item>"
            "</MemChangeList></xml>"
        )

    def test_nests_items_that_have_parts(self):
        text = compose(
            {"ExtAttr": [{"Name": "爱好", "Type": 0, "Text": {"Value": "棋"}}]}
        )

        item = ElementTree.fromstring(text).find("ExtAttr/Item")
        assert item.findtext("Name") == "爱好"
        assert item.findtext("Text/Value") == "棋"

    def test_leaves_a_missing_value_out(self):
        assert compose({"State": ""}) == "<xml></xml>"

    def test_writes_a_missing_value_as_an_empty_element_if_told_to(self):
        text = compose({"State": ""}, empty=1.0)

        assert ElementTree.fromstring(text).find("State").text is None

    def test_leaves_some_values_bare_if_told_to(self):
        text = compose({"ChangeType": "create", "Event": "x"}, bare=1.0)

        assert "<ChangeType>create</ChangeType>" in text
        assert "<Event><![CDATA[x]]></Event>" in text

    def test_shuffles_the_elements_if_told_to(self):
        message = {f"E{number}": number for number in range(20)}

        text = compose(message, shuffled=True, chance=random.Random(1))

        found = {one.tag: int(one.text) for one in ElementTree.fromstring(text)}
        assert found == message
        assert list(found) != list(message)

    @pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
    @pytest.mark.parametrize("bare", [0.0, 1.0])
    def test_keeps_odd_names_readable(self, name, bare):
        text = compose({"UserID": name}, bare=bare)

        found = ElementTree.fromstring(text).findtext("UserID")
        assert found == name.replace("\u0000", "")

    def test_drops_what_xml_cannot_carry(self):
        assert compose({"Name": "a\ud800\ufffe\x08b"}) == (
            "<xml><Name><![CDATA[ab]]></Name></xml>"
        )
