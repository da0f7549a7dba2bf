"""What is wrong with a campaign, each at its field of the form."""

from collections.abc import Iterable

from apps.common.errors import Refused
from apps.common.problems import Problem


class NotFit(Refused):
    """The campaign cannot be used like this."""

    code = "campaign_not_fit"

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = list(problems)

    def __str__(self) -> str:
        return " ".join(problem.why for problem in self.problems)
