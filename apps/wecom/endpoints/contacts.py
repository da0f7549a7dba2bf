"""Contacts and who follows them."""

from datetime import timedelta
from typing import Any

from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer
from apps.wecom.endpoints.table import endpoint
from apps.wecom.errors import WeComRefused

NO_RELATION = 84061
MANY = 100  # pages of one contact's followers; 500 followers each


class ExternalContacts(BaseWeChatAPI):
    """Contacts and who follows them."""

    @endpoint("externalcontact/get_follow_user_list")
    def follow_users(self) -> Answer:
        return self._get("externalcontact/get_follow_user_list")

    @endpoint("externalcontact/list")
    def contacts_of(self, *, userid: str) -> Answer:
        """An employee without contacts is answered 84061; that is an empty list."""
        try:
            return self._get("externalcontact/list", params={"userid": userid})
        except WeComRefused as refusal:
            if refusal.errcode != NO_RELATION:
                raise
        return {"errcode": 0, "errmsg": "", "external_userid": []}

    @endpoint("externalcontact/get")
    def contact(self, *, external_userid: str) -> Answer:
        """With all followers, however many pages of them there are."""
        params = {"external_userid": external_userid, "cursor": None}
        answer = self._get("externalcontact/get", params=params)
        follows = list(answer.get("follow_user") or [])
        cursor = answer.get("next_cursor")
        for _ in range(MANY):
            if not cursor:
                break
            page = self._get("externalcontact/get", params=params | {"cursor": cursor})
            follows += page.get("follow_user") or []
            cursor = page.get("next_cursor")
        return answer | {"follow_user": follows, "next_cursor": ""}

    @endpoint("externalcontact/batch/get_by_user", paged=True)
    def contacts_by_user(
        self, *, userid_list: list[str], cursor: str = "", limit: int = 100
    ) -> Answer:
        """At most 100 employees and 100 pairs a page; employees may have no contact."""
        data = {"userid_list": userid_list, "cursor": cursor, "limit": limit}
        try:
            return self._post("externalcontact/batch/get_by_user", data=data)
        except WeComRefused as refusal:
            if refusal.errcode != NO_RELATION or len(userid_list) != 1:
                raise
        empty = {"external_contact_list": [], "next_cursor": ""}
        return {"errcode": 0, "errmsg": ""} | empty

    @endpoint("externalcontact/remark")
    def remark(
        self,
        *,
        userid: str,
        external_userid: str,
        remark: str | None = None,
        description: str | None = None,
        remark_company: str | None = None,
        remark_mobiles: list[str] | None = None,
    ) -> Answer:
        """What is left out stays; `remark_mobiles=[""]` empties the list."""
        data = {
            "userid": userid,
            "external_userid": external_userid,
            "remark": remark,
            "description": description,
            "remark_company": remark_company,
            "remark_mobiles": remark_mobiles,
        }
        return self._post("externalcontact/remark", data=data)

    @endpoint(
        "externalcontact/send_welcome_msg",
        safe_to_repeat=False,
        limit=timedelta(seconds=10),
    )
    def send_welcome(
        self,
        *,
        welcome_code: str,
        text: dict[str, Any] | None = None,
        attachments: list[dict[str, Any]] | None = None,
    ) -> Answer:
        """Once per code, and within 20 seconds of the callback that brought it."""
        data = {"welcome_code": welcome_code, "text": text, "attachments": attachments}
        return self._post("externalcontact/send_welcome_msg", data=data)
