"""An administrator keeps the tags, and WeCom tells of it."""

import pytest


def told(done) -> list[tuple[str, str | None, str]]:
    return [
        (
            one["message"]["ChangeType"],
            one["message"].get("TagType"),
            one["message"]["Id"],
        )
        for one in done["news"]
    ]


def tags(call) -> dict[str, list[str]]:
    answer = call("externalcontact/get_corp_tag_list", {})
    return {
        group["group_name"]: [tag["name"] for tag in group["tag"]]
        for group in answer["tag_group"]
    }


class TestTags:
    def test_a_new_group_is_told_with_each_of_its_tags(self, corp, call):
        done = corp.do("tag_group_create", name="年份", tags=["2025", "2026"])

        first, second = done["tags"]
        assert told(done) == [
            ("create", "tag_group", done["id"]),
            ("create", "tag", first),
            ("create", "tag", second),
        ]
        assert tags(call)["年份"] == ["2025", "2026"]

    def test_a_new_tag_is_told(self, corp, call):
        done = corp.do("tag_create", group_id="etG0002", name="官网")

        assert told(done) == [("create", "tag", done["id"])]
        assert tags(call)["来源"] == ["展会", "官网"]

    @pytest.mark.parametrize(
        ("id", "kind"), [("etT0001", "tag"), ("etG0001", "tag_group")]
    )
    def test_another_name_is_told(self, corp, call, id, kind):
        done = corp.do("tag_rename", id=id, name="新名")

        assert told(done) == [("update", kind, id)]

    def test_a_deleted_tag_is_told_and_gone_from_the_customers(self, corp, call):
        done = corp.do("tag_delete", id="etT0001")

        assert told(done) == [("delete", "tag", "etT0001")]
        answer = call("externalcontact/get", external_userid="wmA0001")
        names = {tag["tag_name"] for tag in answer["follow_user"][0]["tags"]}
        assert names == {"重点", "朋友"}

    def test_the_last_tag_takes_its_group_along(self, corp, call):
        done = corp.do("tag_delete", id="etT0003")

        assert told(done) == [
            ("delete", "tag", "etT0003"),
            ("delete", "tag_group", "etG0002"),
        ]

    def test_a_deleted_group_is_told_without_its_tags(self, corp, call):
        done = corp.do("tag_group_delete", id="etG0001")

        assert told(done) == [("delete", "tag_group", "etG0001")]
        assert tags(call) == {"来源": ["展会"]}

    def test_another_order_is_told_without_a_kind(self, corp):
        one = corp.do("tag_shuffle", id="etG0001")
        all_groups = corp.do("tag_shuffle", id="")

        assert told(one) == [("shuffle", None, "etG0001")]
        assert told(all_groups) == [("shuffle", None, "")]

    def test_what_the_api_changes_is_not_told(self, corp, call):
        heard = []
        corp.listeners.append(heard.append)

        pair = {"userid": "lihua", "external_userid": "wmA0001"}
        call("externalcontact/mark_tag", pair | {"add_tag": ["etT0002"]})
        call("externalcontact/remark", pair | {"remark": "x"})
        call(
            "externalcontact/add_corp_tag", {"group_name": "新", "tag": [{"name": "a"}]}
        )
        call("externalcontact/edit_corp_tag", {"id": "etT0001", "name": "b"})
        call("externalcontact/del_corp_tag", {"group_id": ["etG0001"]})

        assert heard == []
