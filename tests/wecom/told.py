"""A callback as WeCom sends it, and the traces that one may leave."""

from prometheus_client import REGISTRY

from apps.wecom.models import Callback, Seen
from tests.conftest import day

ADDRESS = "/wecom/callback/"
CONTACTS = "/wecom/callback/contacts/"
ADDED = {
    "ToUserName": "ww0123456789abcdef",
    "FromUserName": "sys",
    "CreateTime": int(day(1).timestamp()),
    "MsgType": "event",
    "Event": "change_external_contact",
    "ChangeType": "add_external_contact",
    "UserID": "ann",
    "ExternalUserID": "wm-1",
    "State": "store_a",
}


def wrapped(sealed: str) -> bytes:
    return f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()


def left_no_trace() -> bool:
    return not Seen.objects.exists() and not Callback.objects.exists()


def rejected(reason: str, receiver: str = "app") -> float:
    labels = {"receiver": receiver, "reason": reason}
    name = "wecom_callbacks_rejected_total"
    return REGISTRY.get_sample_value(name, labels) or 0.0
