"""Who has come back from WeCom with a code."""

from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer
from apps.wecom.endpoints.table import endpoint


class Login(BaseWeChatAPI):
    """The code is good for once and for five minutes."""

    @endpoint("auth/getuserinfo", safe_to_repeat=False)
    def who(self, *, code: str) -> Answer:
        return self._get("auth/getuserinfo", params={"code": code})
