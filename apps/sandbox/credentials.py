"""The ids and secrets of the sandbox corp, as WeCom's console would show them.

A corp has two apps here: the self-built app, which calls the API and hears of
customers, and the contact-sync assistant, which hears of the address book. Each
has its own secret and its own receiver (token and AES key).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """One address that callbacks are sealed for."""

    token: str
    aes_key: str
    receive_id: str
    agent_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    corp_id: str
    agent_id: str
    app_secret: str
    callback_token: str
    callback_aes_key: str
    contacts_secret: str
    contacts_callback_token: str
    contacts_callback_aes_key: str
    miniprogram_app_id: str = "wx5a4db0c05a4db0c0"
    miniprogram_secret: str = "sandbox-miniprogram-secret"

    @property
    def app_receiver(self) -> Receiver:
        return Receiver(
            token=self.callback_token,
            aes_key=self.callback_aes_key,
            receive_id=self.corp_id,
            agent_id=self.agent_id,
        )

    @property
    def contacts_receiver(self) -> Receiver:
        return Receiver(
            token=self.contacts_callback_token,
            aes_key=self.contacts_callback_aes_key,
            receive_id=self.corp_id,
        )

    def environment(self) -> dict[str, str]:
        """The credentials under the names by which the environment knows them."""
        return {
            variable(field.name): getattr(self, field.name) for field in fields(self)
        }


def variable(field: str) -> str:
    """Its name in the environment; the mini-program is WeChat's, not WeCom's."""
    ours = field.startswith("miniprogram_")
    return field.upper() if ours else f"WECOM_{field.upper()}"


# The last character of an AES key carries two bits that mean nothing. Here they
# are not zero, as they may be in a real key, so that strict decoders are found out.
SANDBOX = Credentials(
    corp_id="ww5a4db0c05a4db0c0",
    agent_id="1000002",
    app_secret="sandbox-app-secret",
    callback_token="SandboxCallback",
    callback_aes_key="SandboxSandboxSandboxSandboxSandboxSandbox1",
    contacts_secret="sandbox-contacts-secret",
    contacts_callback_token="SandboxContacts",
    contacts_callback_aes_key="ContactsContactsContactsContactsContactsCo2",
)


def credentials_from(environment: Mapping[str, str]) -> Credentials:
    """What the environment says; the sandbox's own value where it says nothing."""
    given = {
        field.name: environment[variable(field.name)]
        for field in fields(Credentials)
        if environment.get(variable(field.name))
    }
    return replace(SANDBOX, **given)
