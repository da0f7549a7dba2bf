"""Contacts and groups move from one employee to another (wecom-api.md 3.6).

A contact for whom the call answers 0 has begun to move: it is done a day later, unless
they refuse or the taker is full. Offered twice, they are asked twice.
"""

from typing import Any

from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer
from apps.wecom.endpoints.table import endpoint


class Transfers(BaseWeChatAPI):
    """Those who moved, or wait to be moved."""

    @endpoint("externalcontact/get_unassigned_list", paged=True)
    def unassigned(self, *, cursor: str = "", page_size: int = 1000) -> Answer:
        data = {"cursor": cursor, "page_size": page_size}
        return self._post("externalcontact/get_unassigned_list", data=data)

    @endpoint("externalcontact/transfer_customer", safe_to_repeat=False)
    def transfer_customer(
        self,
        *,
        handover_userid: str,
        takeover_userid: str,
        external_userid: list[str],
        transfer_success_msg: str | None = None,
    ) -> Answer:
        """From an employee who is still with us; at most a hundred, each with a code of
        their own."""
        data: dict[str, Any] = {
            "handover_userid": handover_userid,
            "takeover_userid": takeover_userid,
            "external_userid": external_userid,
            "transfer_success_msg": transfer_success_msg,
        }
        return self._post("externalcontact/transfer_customer", data=data)

    @endpoint("externalcontact/resigned/transfer_customer", safe_to_repeat=False)
    def transfer_customer_of_the_resigned(
        self,
        *,
        handover_userid: str,
        takeover_userid: str,
        external_userid: list[str],
    ) -> Answer:
        data: dict[str, Any] = {
            "handover_userid": handover_userid,
            "takeover_userid": takeover_userid,
            "external_userid": external_userid,
        }
        return self._post("externalcontact/resigned/transfer_customer", data=data)

    @endpoint("externalcontact/transfer_result", paged=True)
    def transfers(
        self, *, handover_userid: str, takeover_userid: str, cursor: str = ""
    ) -> Answer:
        """From an employee who is still with us."""
        data = {
            "handover_userid": handover_userid,
            "takeover_userid": takeover_userid,
            "cursor": cursor,
        }
        return self._post("externalcontact/transfer_result", data=data)

    @endpoint("externalcontact/resigned/transfer_result", paged=True)
    def transfers_of_the_resigned(
        self, *, handover_userid: str, takeover_userid: str, cursor: str = ""
    ) -> Answer:
        data = {
            "handover_userid": handover_userid,
            "takeover_userid": takeover_userid,
            "cursor": cursor,
        }
        return self._post("externalcontact/resigned/transfer_result", data=data)

    @endpoint("externalcontact/groupchat/transfer")
    def transfer_groups_of_the_resigned(
        self, *, chat_id_list: list[str], new_owner: str
    ) -> Answer:
        """At once, but for those it names. A group that is theirs already says so."""
        data = {"chat_id_list": chat_id_list, "new_owner": new_owner}
        return self._post("externalcontact/groupchat/transfer", data=data)

    @endpoint("externalcontact/groupchat/onjob_transfer")
    def transfer_groups(self, *, chat_id_list: list[str], new_owner: str) -> Answer:
        """From an owner who is still with us."""
        data = {"chat_id_list": chat_id_list, "new_owner": new_owner}
        return self._post("externalcontact/groupchat/onjob_transfer", data=data)
