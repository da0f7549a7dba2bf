"""Messages of the app to our own people."""

from typing import Any

from django.conf import settings
from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer
from apps.wecom.endpoints.table import endpoint

HALF_AN_HOUR = 1_800  # seconds


class Messages(BaseWeChatAPI):
    """To employees, in their WeCom. The same words within half an hour arrive once."""

    @endpoint("message/send")
    def send(
        self,
        *,
        touser: str,
        text: dict[str, Any] | None = None,
        msgtype: str = "text",
        agentid: int | None = None,
        enable_duplicate_check: int = 1,
        duplicate_check_interval: int = HALF_AN_HOUR,
        **other_kinds: dict[str, Any],
    ) -> Answer:
        data = {
            "touser": touser,
            "msgtype": msgtype,
            "agentid": int(settings.WECOM_AGENT_ID) if agentid is None else agentid,
            "text": text,
            "enable_duplicate_check": enable_duplicate_check,
            "duplicate_check_interval": duplicate_check_interval,
            **other_kinds,
        }
        return self._post("message/send", data=data)
