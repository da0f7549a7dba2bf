"""Group chats."""

from typing import Any

from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer
from apps.wecom.endpoints.table import endpoint


class GroupChats(BaseWeChatAPI):
    """Group chats and who is in them."""

    @endpoint("externalcontact/groupchat/list", paged=True)
    def group_chats(
        self,
        *,
        status_filter: int = 0,
        owner_filter: dict[str, Any] | None = None,
        cursor: str = "",
        limit: int = 1000,
    ) -> Answer:
        """Groups whose owner has left are found only through `owner_filter`."""
        data = {
            "status_filter": status_filter,
            "owner_filter": owner_filter,
            "cursor": cursor,
            "limit": limit,
        }
        return self._post("externalcontact/groupchat/list", data=data)

    @endpoint("externalcontact/groupchat/get")
    def group_chat(self, *, chat_id: str, need_name: int = 1) -> Answer:
        data = {"chat_id": chat_id, "need_name": need_name}
        return self._post("externalcontact/groupchat/get", data=data)
