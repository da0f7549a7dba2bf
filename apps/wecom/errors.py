"""What can become of a call: refused, busy, unreachable, no token.

None of them holds an address, a secret, a token or what was sent.
"""

from datetime import timedelta

from apps.common.errors import Refused, TryLater
from apps.wecom.errcodes import Explanation, Kind, explain


def described(errcode: int) -> str:
    """Cause, remedy and code, as a person reads them."""
    explanation = explain(errcode)
    return f"{explanation.cause}。{explanation.remedy}（错误码 {errcode}）。"


class WeComRefused(Refused):
    """WeCom refused the call."""

    code = "wecom_refused"

    def __init__(self, errcode: int) -> None:
        super().__init__()
        self.errcode = errcode

    def __str__(self) -> str:
        return described(self.errcode)

    @property
    def explanation(self) -> Explanation:
        return explain(self.errcode)

    @property
    def kind(self) -> Kind:
        return self.explanation.kind

    @property
    def is_of_the_call(self) -> bool:
        """Does it say something of what was asked, or only of our settings?"""
        return self.kind is not Kind.CONFIG


class TokenRefused(WeComRefused):
    """WeCom gives us no access token; what was to be called has not been asked."""

    code = "wecom_token_refused"

    @property
    def is_of_the_call(self) -> bool:
        return False


class NotSetUp(Refused):
    """This part of WeCom is not set up; its secret is missing from the settings."""

    code = "wecom_not_set_up"


class WeComBusy(TryLater):
    """WeCom must not be asked more often; this will be tried again."""

    code = "wecom_busy"

    def __init__(
        self, errcode: int | None = None, *, after: timedelta | None = None
    ) -> None:
        super().__init__(after=after)
        self.errcode = errcode

    def __str__(self) -> str:
        return super().__str__() if self.errcode is None else described(self.errcode)


class WeComUnreachable(TryLater):
    """WeCom did not answer; this will be tried again."""

    code = "wecom_unreachable"

    def __init__(self, *, sent: bool, detail: str = "") -> None:
        super().__init__(detail=detail)
        self.sent = sent  # whether the call may have taken effect


class TokenRejected(TryLater):
    """WeCom rejects the access token that it has just given us."""

    code = "wecom_token_rejected"


class NoToken(TryLater):
    """Nobody has got an access token from WeCom in time."""

    code = "wecom_no_token"
