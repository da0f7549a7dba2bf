"""What can be switched on a sandbox corp while it runs."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any


class UnknownKnob(ValueError):
    """There is no such knob, or it does not take this value."""


@dataclass(kw_only=True)
class Knobs:
    """Each knob starts where WeCom itself stands, as far as that is known."""

    # the API
    latency_ms: int = 0
    token_seconds: int = 7200
    token_changes: bool = False  # a new token at each gettoken, the old one dies
    callable_app: bool = True  # False: 48002 for all customer calls
    trusted_ips: list[str] = field(default_factory=list)  # empty: every address
    out_of_range: list[str] = field(default_factory=list)  # userids the app misses
    out_of_range_errcode: int = 60011  # or 48002, 60111; lists are silent anyway
    personal_fields: bool = False  # apps made before 2022-06-20 see phone, gender…
    unionid_bound: bool = True  # False: no WeChat developer account, no unionid
    contacts_secret_reads: bool = False  # False: 48009 for its detail calls
    short_pages: float = 0.01  # how often a page is shorter than it might be
    cursor_seconds: int = 0  # how long a cursor lives; 0 means for ever
    group_lag_seconds: float = 0.0  # groupchat/get tells the old for so long (≈ 2)
    empty_chat_keys: float = 0.5  # how often a missing name or notice is "", not absent
    group_people_limit: int = 1000  # groupchat/list without owners: 81017 beyond
    tag_quota: int = 10_000
    contact_way_quota: int = 500_000
    acquisition_quota: int = 1000  # customers whom links may bring in all
    group_code_limit: int = 200  # members, beyond which a code lets nobody in
    tags_per_follow: int = 1000
    transfer_seconds: int = 86_400
    welcome_seconds: int = 20
    media_seconds: int = 259_200

    # limits of the API
    calls_per_minute: int = 10_000
    calls_per_hour: int = 150_000
    minute_seconds: float = 60.0  # how long this corp's minute is; an hour is 60
    block_seconds: float = 60.0
    concurrency: int = 10

    # callbacks
    duplicates: int = 1  # how often each is sent, when all goes well
    delay_seconds: float = 0.0
    shuffle_seconds: float = 0.0  # each waits a random part of this
    burst_seconds: float = 0.0  # all wait for the next multiple of this
    loss: float = 0.0  # how often one is never sent at all
    attempts: int = 3
    attempt_seconds: float = 5.0
    retry_gap_seconds: float = 5.0
    retry_resealed: bool = True  # a retry has a new timestamp, nonce, ciphertext
    retry_on_status: bool = True  # an answer other than 200 is a failure too
    create_time_step: int = 1  # CreateTime is rounded down to a multiple of this
    shuffle_elements: bool = False
    bare_values: float = 0.5  # how often a value that may be bare is
    empty_elements: float = 0.3  # how often a missing element is there, but empty
    contacts_events: str = "ids"  # or "full", as configured before 2022-08-15
    phone_edit_tells: bool = False  # whether an edited phone makes a callback

    def turn(self, **values: Any) -> None:
        """Set several knobs, or none of them if one does not fit."""
        kinds = {knob.name: type(getattr(self, knob.name)) for knob in fields(self)}
        checked = {}
        for name, value in values.items():
            if name not in kinds:
                raise UnknownKnob(f"There is no knob {name!r}.")
            kind = kinds[name]
            if kind is float and isinstance(value, int) and value is not True:
                value = float(value)
            if type(value) is not kind:
                raise UnknownKnob(f"{name} takes a value of type {kind.__name__}.")
            if kind in (int, float) and value < 0 and name != "out_of_range_errcode":
                raise UnknownKnob(f"{name} cannot be negative.")
            checked[name] = value
        for name, value in checked.items():
            setattr(self, name, value)

    def settings(self) -> dict[str, Any]:
        return asdict(self)
