"""Tags of the corp."""

from typing import Any

from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer
from apps.wecom.endpoints.table import endpoint


class CorpTags(BaseWeChatAPI):
    """Tags of the corp and of its rule groups."""

    @endpoint("externalcontact/get_corp_tag_list")
    def corp_tags(
        self, *, tag_id: list[str] | None = None, group_id: list[str] | None = None
    ) -> Answer:
        """Everything, if neither is given."""
        data = {"tag_id": tag_id, "group_id": group_id}
        return self._post("externalcontact/get_corp_tag_list", data=data)

    @endpoint("externalcontact/get_strategy_tag_list")
    def strategy_tags(
        self,
        *,
        strategy_id: int | None = None,
        tag_id: list[str] | None = None,
        group_id: list[str] | None = None,
    ) -> Answer:
        data = {"strategy_id": strategy_id, "tag_id": tag_id, "group_id": group_id}
        return self._post("externalcontact/get_strategy_tag_list", data=data)

    @endpoint("externalcontact/add_corp_tag", safe_to_repeat=False)
    def add_corp_tag(
        self,
        *,
        tag: list[dict[str, Any]],
        group_id: str | None = None,
        group_name: str | None = None,
        order: int | None = None,
    ) -> Answer:
        """Into the group of that id, or of that name, which is made if need be."""
        data = {
            "group_id": group_id,
            "group_name": group_name,
            "order": order,
            "tag": tag,
        }
        return self._post("externalcontact/add_corp_tag", data=data)

    @endpoint("externalcontact/edit_corp_tag")
    def edit_corp_tag(
        self, *, id: str, name: str | None = None, order: int | None = None
    ) -> Answer:
        """A tag or a group; only what this app has made itself."""
        data = {"id": id, "name": name, "order": order}
        return self._post("externalcontact/edit_corp_tag", data=data)

    @endpoint("externalcontact/del_corp_tag")
    def del_corp_tag(
        self, *, tag_id: list[str] | None = None, group_id: list[str] | None = None
    ) -> Answer:
        data = {"tag_id": tag_id, "group_id": group_id}
        return self._post("externalcontact/del_corp_tag", data=data)

    @endpoint("externalcontact/mark_tag")
    def mark_tag(
        self,
        *,
        userid: str,
        external_userid: str,
        add_tag: list[str] | None = None,
        remove_tag: list[str] | None = None,
    ) -> Answer:
        """On one follow; at least one of the lists must hold something."""
        data = {
            "userid": userid,
            "external_userid": external_userid,
            "add_tag": add_tag,
            "remove_tag": remove_tag,
        }
        return self._post("externalcontact/mark_tag", data=data)
