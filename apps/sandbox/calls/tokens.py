"""gettoken, and whether a token is any good (wecom-api.md 1.1).

Each app has its own secret and its own token. Asked again while a token is valid,
WeCom gives the same one (switchable). A token past its life is answered 42001 or
40014, by chance; both are seen.
"""

from typing import Any

from apps.sandbox.calls.registry import APP, CONTACTS, OPEN, Ask, call
from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records


@call("GET", "gettoken", rights=OPEN, contacts_secret="yes")
def get_token(ask: Ask) -> dict[str, Any]:
    credentials = ask.corp.credentials
    corp_id = ask.of_query("corpid", 41002)
    secret = ask.of_query("corpsecret", 41004)
    if corp_id != credentials.corp_id:
        raise Refusal(40013)
    apps = {credentials.app_secret: APP, credentials.contacts_secret: CONTACTS}
    if secret not in apps:
        raise Refusal(40001)
    return {
        "access_token": token_for(ask.corp, apps[secret]),
        "expires_in": ask.corp.knobs.token_seconds,
    }


def token_for(corp: Records, app: str) -> str:
    with corp.changing():
        now = corp.clock()
        if corp.knobs.token_changes:
            corp.run("UPDATE token SET expires_at = ? WHERE app = ?", now, app)
        known = corp.value(
            "SELECT token FROM token WHERE app = ? AND expires_at > ?", app, now
        )
        if known:
            return known
        token = corp.identifier("", 64) + corp.identifier("", 64)
        corp.run(
            "INSERT INTO token (token, app, expires_at) VALUES (?, ?, ?)",
            token,
            app,
            now + corp.knobs.token_seconds,
        )
        return token


def app_of(corp: Records, token: str) -> str:
    """The app whose token it is; refuses what is missing, unknown or expired."""
    if not token:
        raise Refusal(41001)
    row = corp.row("SELECT app, expires_at FROM token WHERE token = ?", token)
    if row is None:
        raise Refusal(40014)
    if row["expires_at"] <= corp.clock():
        raise Refusal(corp.random.choice((42001, 40014)))
    return row["app"]
