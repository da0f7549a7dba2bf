"""What `./run bench contacts` asks the web server for: pages by their words, in groups.

The groups "list", "filters", "search", "360 page", "palette" and "other lists" are
gated. What stands in "not waited for" is fetched by a page after it is shown, or is no
page of contacts.
"""

from datetime import datetime, timedelta
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from tests.bench.company import TAGS

NOT_WAITED_FOR = "not waited for"
LIST = "/admin/contacts/contact/"
HOME = ZoneInfo("Asia/Shanghai")
FIGURES = "/admin/orders/order/figures/"
OTHERS = {
    "orders": "orders/order",
    "products": "orders/product",
    "events": "events/eventrecord",
    "audit": "audit/auditrow",
    "merges": "contacts/merge",
    "possible duplicates": "contacts/proposal",
    "group chats": "groups/groupchat",
    "tags": "tags/taggroup",
    "employees": "staff/employee",
    "departments": "staff/department",
    "imports": "imports/import",
    "exports": "exports/export",
    "views": "lists/savedview",
    "batches": "lists/batch",
}
VIEWS = {
    "在联系的": "standing=friend",
    "离开的": "standing=left",
    "回头客": "bought=again",
    "没买过的": "bought=none",
    "少见的标签": f"tag={TAGS}",
    "没人跟进的": "notes=none",
}


def pages(contacts: int, *, mine: int, now: datetime) -> dict[str, dict[str, str]]:
    """For a company of so many (company_rows.py), by group and by name; `mine` is a
    contact whom all visitors see."""
    return {
        "list": listed({"the first page": {}, "the tenth page": {"p": 10}}),
        "filters": listed(filters(contacts, now=now)),
        "search": listed(searches()),
        "360 page": page_of_one(mine),
        "palette": palette(),
        "other lists": other_lists(contacts, now=now),
        NOT_WAITED_FOR: {
            "front page": "/admin/",
            "counts beside six views": "/admin/lists/savedview/counts/"
            "?list=contacts.contact",
            "what all orders come to": FIGURES,
            "what a shop's come to": f"{FIGURES}?{urlencode({'shop': '店铺3'})}",
            "beside a contact, all": f"{LIST}{mine}/beside/",
            "beside a contact, a tag": f"{LIST}1/beside/"
            f"?_changelist_filters={quote('tag=5')}",
        },
    }


def listed(asked: dict[str, dict[str, object]]) -> dict[str, str]:
    return {name: f"{LIST}?{urlencode(query)}" for name, query in asked.items()}


def filters(contacts: int, *, now: datetime) -> dict[str, dict[str, object]]:
    added = (now - timedelta(minutes=contacts // 2)).astimezone(HOME).date()
    return {
        "standing: in contact": {"standing": "friend"},
        "standing: left us": {"standing": "left"},
        "standing: only in groups (nobody)": {"standing": "group"},
        "owner": {"owner": 7},
        "owner: nobody": {"owner": "none"},
        "department": {"department": 2},
        "follow-up within 30 days": {"notes": "month"},
        "never followed up": {"notes": "none"},
        "tag that many carry": {"tag": 5},
        "tag that few carry": {"tag": TAGS},
        "ordered": {"bought": "any"},
        "ordered on more than one day": {"bought": "again"},
        "never ordered": {"bought": "none"},
        "in one group chat": {"group": 7},
        "in any group chat": {"group": "any"},
        "in no group chat": {"group": "none"},
        "field: a choice": {"a2": 2},
        "field: a number": {"a3_from": 98, "a3_to": 99},
        "field: a date": {"a1_from": "1990-01-01", "a1_to": "1990-02-01"},
        "field: filled in": {"a1": "any"},
        "field: not filled in": {"a1": "none"},
        "came by a common way": {"way": 1},
        "came by a rare way": {"way": 16},
        "came by a way that nobody came": {"way": 10},
        "added on one day": {"added_from": added, "added_to": added},
        "served by somebody": {"follower": 7},
        "left somebody": {"follower": "7.contact"},
        "three at once": {"standing": "friend", "tag": 5, "bought": "any"},
        "a few, and never ordered": {"tag": TAGS, "bought": "none"},
        "left us, rare tag, no group": {
            "standing": "left",
            "tag": TAGS,
            "group": "none",
        },
    }


def searches() -> dict[str, dict[str, object]]:
    return {
        "a character": {"q": "王"},
        "a name": {"q": "王芳伟"},
        "two characters, common": {"q": "丽敏"},
        "a name that nobody has": {"q": "欧阳修"},
        "characters that all occur": {"q": "伟余兴"},
        "pinyin": {"q": "wangfang"},
        "pinyin, begun": {"q": "wang"},
        "initials": {"q": "zwq"},
        "initials, begun": {"q": "zw"},
        "pinyin that nobody has": {"q": "ouyangxiu"},
        "last four digits": {"q": "1234"},
        "a whole phone": {"q": "13912345678"},
        "an id of WeCom": {"q": "wm" + "0" * 24 + "000777"},
        "a name, and a rare tag": {"q": "王", "tag": TAGS},
        "a name, and left us": {"q": "王芳伟", "standing": "left"},
    }


def page_of_one(mine: int) -> dict[str, str]:
    """Contact 1 has 2,000 events and as many orders."""
    return {
        "somebody with 2,000 events": f"{LIST}1/change/",
        "somebody": f"{LIST}{mine}/change/",
        "a timeline, further down": f"{LIST}1/timeline/?theme=tags",
        "is there news?": f"{LIST}1/news/",
    }


def palette() -> dict[str, str]:
    typed = {
        "a character": "王",
        "a name": "王芳伟",
        "a name that nobody has": "欧阳修",
        "characters that all occur": "伟余兴",
        "pinyin": "wangfang",
        "one letter": "w",
        "initials": "zw",
        "letters that nobody has": "qqqx",
        "last four digits": "1234",
        "a page": "订单",
    }
    return {
        name: f"/admin/search/?{urlencode({'s': term})}" for name, term in typed.items()
    }


def other_lists(contacts: int, *, now: datetime) -> dict[str, str]:
    found = {name: f"/admin/{path}/" for name, path in OTHERS.items()}
    day = (now - timedelta(seconds=contacts * 10)).astimezone(HOME).date()
    asked: dict[str, tuple[str, dict[str, object]]] = {
        "orders: a status": ("orders", {"status": "paid"}),
        "orders: refunded (none)": ("orders", {"status": "refunded"}),
        "orders: a shop": ("orders", {"shop": "店铺3"}),
        "orders: a product": ("orders", {"product": 7}),
        "orders: one day": ("orders", {"placed_from": day, "placed_to": day}),
        "orders: a number": ("orders", {"q": "n-1234"}),
        "orders: of a name": ("orders", {"q": "王芳伟"}),
        "orders: of a name that nobody has": ("orders", {"q": "欧阳修"}),
        "audit: a deed": ("audit", {"deed": "unmasked"}),
        "audit: a deed that nobody did": ("audit", {"deed": "approved"}),
        "audit: somebody's": ("audit", {"q": "bench"}),
        "audit: one day": ("audit", {"on_from": day, "on_to": day}),
        "group chats: a name": ("group chats", {"q": "客户7"}),
    }
    for name, (of, query) in asked.items():
        found[name] = f"/admin/{OTHERS[of]}/?{urlencode(query)}"
    return found
