"""How often a visitor may ask and do, and how often one address may sign in."""

from datetime import timedelta

from rest_framework.request import Request

from apps.common.allowance import MINUTE
from apps.common.api.limits import PerMinute
from apps.common.api.views import SAFE
from apps.common.sealing import digest

READS, WRITES = 120, 60  # of one visitor in a minute
SIGN_INS, WHILE = 300, timedelta(minutes=10)  # behind one address stand many phones


class PerVisitor(PerMinute):
    def counted(self, request: Request) -> tuple[str, int, timedelta]:
        reads = request.method in SAFE
        what = "reads" if reads else "writes"
        return f"{request.user.asks_as} {what}", READS if reads else WRITES, MINUTE


class PerAddress(PerMinute):
    """The address itself is kept nowhere."""

    def counted(self, request: Request) -> tuple[str, int, timedelta]:
        address = digest("address of a visitor", request.META.get("REMOTE_ADDR", ""))
        return f"sign-in:{address.hex()}", SIGN_INS, WHILE
