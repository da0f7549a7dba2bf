"""Departments and employees, the app itself, and WeCom's own addresses."""

from django.conf import settings
from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer
from apps.wecom.endpoints.table import endpoint
from apps.wecom.models import Receiver


class AddressBook(BaseWeChatAPI):
    """Departments and employees, as far as the app may see them."""

    @endpoint("department/list")
    def departments(self, *, id: int | None = None) -> Answer:
        """One department and all below it, or everything."""
        return self._get("department/list", params={"id": id})

    @endpoint("department/simplelist")
    def department_ids(self, *, id: int | None = None) -> Answer:
        return self._get("department/simplelist", params={"id": id})

    @endpoint("department/get")
    def department(self, *, id: int) -> Answer:
        return self._get("department/get", params={"id": id})

    @endpoint("user/list")
    def users(self, *, department_id: int) -> Answer:
        """The members of this department itself, not of those below it."""
        return self._get("user/list", params={"department_id": department_id})

    @endpoint("user/simplelist")
    def user_names(self, *, department_id: int) -> Answer:
        return self._get("user/simplelist", params={"department_id": department_id})

    @endpoint("user/get")
    def user(self, *, userid: str) -> Answer:
        return self._get("user/get", params={"userid": userid})

    @endpoint("user/list_id", app=Receiver.CONTACTS, paged=True)
    def user_ids(self, *, cursor: str = "", limit: int = 10_000) -> Answer:
        """One row for each department of each member."""
        return self._post("user/list_id", data={"cursor": cursor, "limit": limit})


class Corp(BaseWeChatAPI):
    """The app itself, and where WeCom's callbacks come from."""

    @endpoint("agent/get")
    def agent(self, *, agentid: int | None = None) -> Answer:
        params = {"agentid": settings.WECOM_AGENT_ID if agentid is None else agentid}
        return self._get("agent/get", params=params)

    @endpoint("getcallbackip")
    def callback_addresses(self) -> Answer:
        return self._get("getcallbackip")
