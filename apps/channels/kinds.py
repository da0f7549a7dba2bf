"""The two kinds of door to our people, and how WeCom is asked for each.

A code is a contact way: a picture to be scanned, with the state in it. A link is an
acquisition link: an address to be opened, to which the state is appended; the corp
pays for whom it brings (see balance.py). Whom either is to hold is decided alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.channels.models import Channel

SEVERAL, QR_CODE = 2, 2  # type and scene, which cannot be changed (wecom-api.md 3.4)
PARAMETER = "customer_channel"  # of a link: the state

Answer = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Made:
    """How WeCom calls it, and what it looks like: a picture, or what it would say."""

    config_id: str
    qr_code: str = ""
    qr_text: str = ""


@dataclass(frozen=True, kw_only=True)
class Read:
    """As WeCom tells it when asked; `state` is None where it cannot tell."""

    made: Made
    holds: dict[str, Any]
    state: str | None = None
    created_at: int = 0


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Names of calls; how what is wanted is said, and what was answered is read."""

    make: str
    change: str
    remove: str
    read: str
    listing: str
    key: str
    gone: frozenset[int]
    most_people: int
    making: Callable[[Channel, bool], dict[str, Any]]
    said: Callable[[dict[str, Any]], dict[str, Any]]
    made: Callable[[Channel, Answer], Made]
    listed: Callable[[Answer], list[str]]
    told: Callable[[str, Answer], Read]


# --- codes ----------------------------------------------------------------------------


def making_a_code(channel: Channel, exclusive: bool) -> dict[str, Any]:
    return {
        "type": SEVERAL,
        "scene": QR_CODE,
        "state": channel.state,
        "is_exclusive": exclusive,
        **channel.wanted,
    }


def said_of_a_code(wanted: dict[str, Any]) -> dict[str, Any]:
    return wanted


def made_as_a_code(channel: Channel, answer: Answer) -> Made:
    return Made(config_id=answer["config_id"], qr_code=answer.get("qr_code", ""))


def codes_listed(answer: Answer) -> list[str]:
    return [way["config_id"] for way in answer.get("contact_way") or ()]


def code_told(config_id: str, answer: Answer) -> Read:
    way = answer["contact_way"]
    return Read(
        made=Made(config_id=config_id, qr_code=way.get("qr_code") or ""),
        holds={
            "user": people_in(way.get("user")),
            "skip_verify": bool(way.get("skip_verify")),
            "remark": str(way.get("remark") or ""),
        },
        state=str(way.get("state") or ""),
    )


# --- links ----------------------------------------------------------------------------


def said_of_a_link(wanted: dict[str, Any]) -> dict[str, Any]:
    return {
        "link_name": wanted["remark"],
        "range": {"user_list": wanted["user"]},
        "skip_verify": wanted["skip_verify"],
    }


def making_a_link(channel: Channel, exclusive: bool) -> dict[str, Any]:
    return said_of_a_link(channel.wanted)


def made_as_a_link(channel: Channel, answer: Answer) -> Made:
    link = answer["link"]
    address = f"{link['url']}?{PARAMETER}={channel.state}"
    return Made(config_id=link["link_id"], qr_text=address)


def links_listed(answer: Answer) -> list[str]:
    return list(answer.get("link_id_list") or ())


def link_told(link_id: str, answer: Answer) -> Read:
    link, people = answer["link"], answer.get("range") or {}
    return Read(
        made=Made(config_id=link_id, qr_text=str(link.get("url") or "")),
        holds={
            "user": people_in(people.get("user_list")),
            "skip_verify": bool(link.get("skip_verify")),
            "remark": str(link.get("link_name") or ""),
        },
        created_at=int(link.get("create_time") or 0),
    )


def people_in(told: Any) -> list[str]:
    return sorted(str(who).lower() for who in told or ())


CONTACT_WAY = Kind(
    make="externalcontact.add_contact_way",
    change="externalcontact.update_contact_way",
    remove="externalcontact.del_contact_way",
    read="externalcontact.get_contact_way",
    listing="externalcontact.list_contact_way",
    key="config_id",
    gone=frozenset({41044}),
    most_people=100,
    making=making_a_code,
    said=said_of_a_code,
    made=made_as_a_code,
    listed=codes_listed,
    told=code_told,
)
ROOT = "externalcontact.customer_acquisition"
LINK = Kind(
    make=f"{ROOT}_create_link",
    change=f"{ROOT}_update_link",
    remove=f"{ROOT}_delete_link",
    read=f"{ROOT}_get",
    listing=f"{ROOT}_list_link",
    key="link_id",
    gone=frozenset({40058}),  # a guess: it is asked with its id alone
    most_people=500,
    making=making_a_link,
    said=said_of_a_link,
    made=made_as_a_link,
    listed=links_listed,
    told=link_told,
)
KINDS = {Channel.Kind.CODE: CONTACT_WAY, Channel.Kind.LINK: LINK}


def kind_of(channel: Channel) -> Kind:
    return KINDS[Channel.Kind(channel.kind)]
