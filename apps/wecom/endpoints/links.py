"""Acquisition links: addresses by which customers add employees, and their balance."""

from typing import Any

from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer
from apps.wecom.endpoints.table import endpoint

ROOT = "externalcontact/customer_acquisition"


class AcquisitionLinks(BaseWeChatAPI):
    """The app sees the links that it made itself."""

    @endpoint(f"{ROOT}/create_link", safe_to_repeat=False)
    def create_link(
        self,
        *,
        link_name: str,
        range: dict[str, Any],
        skip_verify: bool | None = None,
    ) -> Answer:
        data = {"link_name": link_name, "range": range, "skip_verify": skip_verify}
        return self._post(f"{ROOT}/create_link", data=data)

    @endpoint(f"{ROOT}/get")
    def link(self, *, link_id: str) -> Answer:
        """The link, its range and its priorities lie side by side."""
        return self._post(f"{ROOT}/get", data={"link_id": link_id})

    @endpoint(f"{ROOT}/list_link", paged=True)
    def links(self, *, cursor: str = "", limit: int = 100) -> Answer:
        return self._post(f"{ROOT}/list_link", data={"limit": limit, "cursor": cursor})

    @endpoint(f"{ROOT}/update_link")
    def update_link(
        self,
        *,
        link_id: str,
        link_name: str | None = None,
        range: dict[str, Any] | None = None,
        skip_verify: bool | None = None,
    ) -> Answer:
        """The range is replaced as a whole."""
        data = {
            "link_id": link_id,
            "link_name": link_name,
            "range": range,
            "skip_verify": skip_verify,
        }
        return self._post(f"{ROOT}/update_link", data=data)

    @endpoint(f"{ROOT}/delete_link")
    def delete_link(self, *, link_id: str) -> Answer:
        return self._post(f"{ROOT}/delete_link", data={"link_id": link_id})

    @endpoint(f"{ROOT}/customer", paged=True)
    def customers(self, *, link_id: str, cursor: str = "", limit: int = 1000) -> Answer:
        """Whom it brought, to whom, and whether they have written."""
        data = {"link_id": link_id, "limit": limit, "cursor": cursor}
        return self._post(f"{ROOT}/customer", data=data)

    @endpoint(f"{ROOT}/statistic")
    def statistic(self, *, link_id: str, start_time: int, end_time: int) -> Answer:
        """How many opened it, and whom it brought: of whole days, thirty at most."""
        data = {"link_id": link_id, "start_time": start_time, "end_time": end_time}
        return self._post(f"{ROOT}/statistic", data=data)

    @endpoint(f"{ROOT}_quota")
    def quota(self) -> Answer:
        """What is left to pay for whom links bring. Its path has one slash less."""
        return self._get(f"{ROOT}_quota")

    @endpoint(f"{ROOT}/get_chat_info")
    def chat_info(self, *, chat_key: str) -> Answer:
        """Who wrote, for half an hour after the news of it."""
        return self._post(f"{ROOT}/get_chat_info", data={"chat_key": chat_key})
