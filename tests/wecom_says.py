"""WeCom's mouth: messages sealed by the sandbox's own code, put to our endpoint."""

from datetime import datetime
from typing import Any

from django.test import Client

from apps.sandbox.credentials import Credentials
from apps.sandbox.seal import seal

ADDRESSES = {"app": "/wecom/callback/", "contacts": "/wecom/callback/contacts/"}


class Wecom:
    """Says what a test is about; answers what our endpoint answered."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self.client = Client()

    def says(self, event: str, change: str, *, at: datetime, **about: Any):
        receiver = "contacts" if event == "change_contact" else "app"
        told = {
            "ToUserName": self.credentials.corp_id,
            "FromUserName": "sys",
            "CreateTime": int(at.timestamp()),
            "MsgType": "event",
            "Event": event,
            "ChangeType": change,
            **about,
        }
        return self.put(told, receiver=receiver)

    def put(self, message: dict | str | bytes, *, receiver: str = "app"):
        query, body = seal(
            message, receiver=getattr(self.credentials, f"{receiver}_receiver")
        )
        return self.client.post(
            ADDRESSES[receiver],
            body,
            content_type="text/xml",
            query_params=query,
        )

    def says_added(self, who: str, *, employee: str, at: datetime, **about: Any):
        return self._of("add_external_contact", who, employee, at, about)

    def says_half_added(self, who: str, *, employee: str, at: datetime, **about: Any):
        return self._of("add_half_external_contact", who, employee, at, about)

    def says_edited(self, who: str, *, employee: str, at: datetime):
        return self._of("edit_external_contact", who, employee, at, {})

    def says_left(self, who: str, *, employee: str, at: datetime):
        return self._of("del_follow_user", who, employee, at, {})

    def says_dropped(self, who: str, *, employee: str, at: datetime, **about: Any):
        return self._of("del_external_contact", who, employee, at, about)

    def _of(self, change: str, who: str, employee: str, at: datetime, about: dict):
        names = {"state": "State", "welcome_code": "WelcomeCode", "source": "Source"}
        told = {names.get(key, key): value for key, value in about.items()}
        return self.says(
            "change_external_contact",
            change,
            at=at,
            UserID=employee,
            ExternalUserID=who,
            **told,
        )
