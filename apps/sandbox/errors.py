"""How the API says no (wecom-api.md 1.3): a code, a text that nobody may rely on."""

from typing import Any

TEXTS = {
    -1: "system error",
    6000: "data version conflict",
    40001: "invalid credential",
    40003: "invalid userid",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40011: "invalid video size",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40029: "invalid code",
    40031: "userid list invalid",
    40032: "invalid userid list size",
    40056: "invalid agentid",
    40058: "invalid parameter",
    40063: "some parameters are empty",
    40068: "invalid tagid",
    40071: "tag name already exist",
    40072: "invalid tag name size",
    40096: "invalid external userid",
    40097: "user is not resigned",
    40099: "external contact count reached limit",
    40100: "customer is in transfer",
    40125: "invalid appsecret",
    40126: "corp tag count reached limit",
    40128: "customer transferred too often",
    40129: "customer is being transferred",
    40130: "handover user and takeover user are the same",
    40131: "handover user is not follow user of the customer",
    40144: "customer tag count reached limit",
    40145: "media_id expired",
    40206: "request body too large",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41006: "media_id missing",
    41008: "code missing",
    41009: "userid missing",
    41011: "agentid missing",
    41019: "department id missing",
    41035: "external_userid missing",
    41037: "contact way type missing",
    41038: "contact way scene missing",
    41039: "invalid contact way type",
    41040: "invalid contact way scene",
    41041: "too many people for a contact way",
    41042: "invalid contact way style",
    41043: "config_id missing",
    41044: "invalid config_id",
    41045: "contact way count reached limit",
    41049: "welcome code missing",
    41050: "invalid welcome code",
    41051: "externaluser has started chatting",
    41054: "user not activated",
    41064: "too many attachments",
    41065: "invalid attachment type",
    41091: "too many groups for a join way",
    41096: "welcome msg is being distributed",
    41111: "invalid tag count",
    41200: "not open to this trade",
    41201: "invalid chat_key",
    42001: "access_token expired",
    44001: "empty media data",
    44003: "empty news data",
    44004: "text content is empty",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45008: "article count out of limit",
    45009: "api freq out of limit",
    45033: "api concurrent out of limit",
    45035: "concurrent modification",
    45036: "access abnormal",
    46004: "user not exist",
    48002: "api forbidden",
    48009: "contact assistant not allowed from this ip",
    49008: "chat is dismissed",
    50100: "invalid cursor",
    60003: "department not found",
    60011: "no privilege to access/modify contact/party/agent",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    81011: "no privilege to access/modify the tag",
    81013: "user & party & tag all invalid",
    81017: "too many users",
    82001: "all recipients are empty",
    84061: "not external contact",
    84074: "no external contact permission",
    90500: "the owner of this chat is not resigned",
    90501: "chat is not external group chat",
    90502: "the owner of this chat is resigned",
    90504: "new owner is the same as old owner",
    90508: "chat has been inherited",
    301002: "not allow operate another agent with this accesstoken",
}


class Refusal(Exception):
    """The call is refused with an error code of WeCom's."""

    def __init__(self, errcode: int, **payload: Any) -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.payload = payload


def error_text(errcode: int, *, ip: str, hint: int, warning: str = "") -> str:
    """The form in which WeCom gives its errors; success is `ok`."""
    text = TEXTS.get(errcode, "error")
    return (
        f"{text}, {warning}hint: [{hint}], from ip: {ip}, more info at "
        f"https://open.work.weixin.qq.com/devtool/query?e={errcode}"
    )
