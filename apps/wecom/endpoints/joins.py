"""Join ways: codes by which customers join group chats."""

from typing import Any

from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer
from apps.wecom.endpoints.table import endpoint

ROOT = "externalcontact/groupchat"


class JoinWays(BaseWeChatAPI):
    """Nothing lists them: an id that is lost is lost."""

    @endpoint(f"{ROOT}/add_join_way", safe_to_repeat=False)
    def add_join_way(
        self,
        *,
        scene: int,
        chat_id_list: list[str],
        state: str,
        remark: str = "",
        auto_create_room: int = 1,
        room_base_name: str = "",
        room_base_id: int = 1,
    ) -> Answer:
        """Answers the id alone; the picture is fetched by reading it."""
        data: dict[str, Any] = {
            "scene": scene,
            "chat_id_list": chat_id_list,
            "state": state,
            "remark": remark,
            "auto_create_room": auto_create_room,
            "room_base_name": room_base_name,
            "room_base_id": room_base_id,
        }
        return self._post(f"{ROOT}/add_join_way", data=data)

    @endpoint(f"{ROOT}/get_join_way")
    def join_way(self, *, config_id: str) -> Answer:
        return self._post(f"{ROOT}/get_join_way", data={"config_id": config_id})

    @endpoint(f"{ROOT}/update_join_way")
    def update_join_way(
        self,
        *,
        config_id: str,
        scene: int,
        chat_id_list: list[str],
        state: str,
        remark: str = "",
        auto_create_room: int = 1,
        room_base_name: str = "",
        room_base_id: int = 1,
    ) -> Answer:
        """Every field is overwritten."""
        data: dict[str, Any] = {
            "config_id": config_id,
            "scene": scene,
            "chat_id_list": chat_id_list,
            "state": state,
            "remark": remark,
            "auto_create_room": auto_create_room,
            "room_base_name": room_base_name,
            "room_base_id": room_base_id,
        }
        return self._post(f"{ROOT}/update_join_way", data=data)

    @endpoint(f"{ROOT}/del_join_way")
    def del_join_way(self, *, config_id: str) -> Answer:
        return self._post(f"{ROOT}/del_join_way", data={"config_id": config_id})
