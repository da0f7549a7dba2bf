"""An employee scans the code of a sign-in, or opens the app inside WeCom."""

from typing import Any

from apps.sandbox.acts.registry import act
from apps.sandbox.records import CannotDo, Records


@act
def sign_in(corp: Records, *, at: int, userid: str) -> dict[str, Any]:
    """Answers the code that their browser is sent back with."""
    known = corp.value(
        "SELECT userid FROM employee WHERE userid = ? AND resigned_at IS NULL", userid
    )
    if known is None:
        raise CannotDo(f"There is no employee {userid!r}.")
    code = corp.identifier("", 43)
    corp.run(
        "INSERT INTO login (code, userid, issued_at) VALUES (?, ?, ?)", code, known, at
    )
    return {"userid": known, "code": code}
