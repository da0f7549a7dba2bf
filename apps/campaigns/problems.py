"""What is wrong with a campaign, each at its field of the form."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.common.errors import Refused


@dataclass(frozen=True)
class Problem:
    """What is wrong, and at which field."""

    field: str
    why: str


class NotFit(Refused):
    """The campaign cannot be used like this."""

    code = "campaign_not_fit"

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = list(problems)

    def __str__(self) -> str:
        return " ".join(problem.why for problem in self.problems)


def by_field(problems: Iterable[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for problem in problems:
        found[problem.field] = f"{found.get(problem.field, '')} {problem.why}".strip()
    return found
