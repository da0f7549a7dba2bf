"""A state names a channel, and after a tilde the personal door into it, if any."""

BETWEEN = "~"


def parted(state: str) -> tuple[str, str]:
    """The state of the channel, and the number of the door."""
    ours, _tilde, ref = state.partition(BETWEEN)
    return ours, ref


def joined(state: str, ref: str) -> str:
    return f"{state}{BETWEEN}{ref}"
