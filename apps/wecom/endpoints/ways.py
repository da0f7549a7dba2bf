"""Contact ways: codes by which customers add employees."""

from typing import Any

from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer
from apps.wecom.endpoints.table import endpoint
from apps.wecom.pictures import fetch


class ContactWays(BaseWeChatAPI):
    """The code is reached by its `config_id` alone, which only its making tells."""

    @endpoint("externalcontact/add_contact_way", safe_to_repeat=False)
    def add_contact_way(
        self,
        *,
        type: int,
        scene: int,
        state: str,
        user: list[str],
        party: list[int] | None = None,
        remark: str | None = None,
        skip_verify: bool | None = None,
        is_exclusive: bool | None = None,
    ) -> Answer:
        data = {
            "type": type,
            "scene": scene,
            "state": state,
            "user": user,
            "party": party,
            "remark": remark,
            "skip_verify": skip_verify,
            "is_exclusive": is_exclusive,
        }
        return self._post("externalcontact/add_contact_way", data=data)

    @endpoint("externalcontact/get_contact_way")
    def contact_way(self, *, config_id: str) -> Answer:
        data = {"config_id": config_id}
        return self._post("externalcontact/get_contact_way", data=data)

    @endpoint("externalcontact/list_contact_way", paged=True)
    def contact_ways(
        self,
        *,
        start_time: int | None = None,
        end_time: int | None = None,
        cursor: str = "",
        limit: int = 1000,
    ) -> Answer:
        """Ids alone, by when they were made: of the last 90 days, unless told."""
        data: dict[str, Any] = {
            "start_time": start_time,
            "end_time": end_time,
            "cursor": cursor,
            "limit": limit,
        }
        return self._post("externalcontact/list_contact_way", data=data)

    @endpoint("externalcontact/update_contact_way")
    def update_contact_way(
        self,
        *,
        config_id: str,
        user: list[str] | None = None,
        party: list[int] | None = None,
        remark: str | None = None,
        skip_verify: bool | None = None,
        state: str | None = None,
    ) -> Answer:
        """What is left out stays; the people are replaced as a whole."""
        data = {
            "config_id": config_id,
            "user": user,
            "party": party,
            "remark": remark,
            "skip_verify": skip_verify,
            "state": state,
        }
        return self._post("externalcontact/update_contact_way", data=data)

    @endpoint("contact_way/picture")
    def picture(self, *, address: str) -> Answer:
        """Where the answer that made the code said it lies."""
        return {"errcode": 0, "errmsg": "", "picture": fetch(address)}

    @endpoint("externalcontact/del_contact_way")
    def del_contact_way(self, *, config_id: str) -> Answer:
        """Twice is refused with 41044, and changes nothing."""
        data = {"config_id": config_id}
        return self._post("externalcontact/del_contact_way", data=data)
