"""What a column may mean, and what its Chinese heading says that it means.

A meaning is a word: "name", "phone", "other:会员号" for the id in another system of
that name, "a12" for the company's own field number 12; empty for a column that is
passed over.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Attribute, Identity

Kind = Identity.Kind
OTHER = "other:"
PLAIN: dict[str, Any] = {
    "name": _("name"),
    "phone": _("phone"),
    "email": _("e-mail"),
    "external": _("WeCom customer id"),
    "union": _("WeChat union id"),
    "corp_name": _("company"),
    "position": _("position"),
    "owner": _("owner (name or account)"),
    "tags": _("tags of our own"),
}
ID_KINDS = {
    "phone": Kind.PHONE,
    "email": Kind.EMAIL,
    "external": Kind.EXTERNAL,
    "union": Kind.UNION,
}
SAYS = {
    "name": "姓名 名字 客户姓名 客户名称 客户名 客户 联系人 联系人姓名 称呼 昵称 name",
    "phone": "手机 手机号 手机号码 电话 电话号码 联系电话 联系方式 mobile phone tel",
    "email": "邮箱 电子邮箱 邮件 电子邮件 邮箱地址 email e-mail mail",
    "external": "客户id 企业微信客户id 外部联系人id externaluserid external_userid",
    "union": "unionid 微信unionid",
    "corp_name": "公司 公司名称 企业 企业名称 单位 单位名称 所在公司 company",
    "position": "职位 职务 岗位 头衔 title position",
    "owner": "归属员工 跟进人 负责人 归属人 跟进员工 所属员工 客户经理 销售 owner",
    "tags": "标签 客户标签 tag tags",
}
AN_ID = re.compile(
    r"(会员|客户|用户|顾客|卡|档案|crm|erp|店铺|淘宝|天猫|京东|有赞|customer|member|user)"
    r".{0,6}(号|编号|编码|号码|卡号|id|no|number)$"
)


def plain(heading: str) -> str:
    text = unicodedata.normalize("NFKC", heading).lower()
    text = re.sub(r"[((【\[].*?[))】\]]", "", text)
    return re.sub(r"[\s:：*_\-]+", "", text)


WORDS = {
    plain(word): meaning for meaning, words in SAYS.items() for word in words.split()
}


def guess(columns: Sequence[str], attributes: Iterable[Attribute]) -> list[str]:
    """A meaning for each heading; each meaning at most once."""
    own = {plain(attribute.name): f"a{attribute.pk}" for attribute in attributes}
    taken: set[str] = set()
    found = []
    for column in columns:
        word = plain(column)
        meaning = own.get(word) or WORDS.get(word)
        if not meaning and AN_ID.search(word):
            meaning = f"{OTHER}{column}"
        if not meaning or meaning in taken:
            meaning = ""
        taken.add(meaning)
        found.append(meaning)
    return found


def choices(column: str, attributes: Iterable[Attribute]) -> list[tuple[str, Any]]:
    """What this column may be said to mean."""
    here = {"system": column}
    return [
        ("", gettext("-- pass over --")),
        *((word, str(title)) for word, title in PLAIN.items()),
        (f"{OTHER}{column}", gettext("id in another system: %(system)s") % here),
        *((f"a{attribute.pk}", attribute.name) for attribute in attributes),
    ]


def wrong_with(meanings: Sequence[str]) -> str:
    """Why these meanings will not do; empty if they will."""
    used = [meaning for meaning in meanings if meaning]
    if len(used) > len(set(used)):
        return gettext("Two columns have the same meaning.")
    if not any(m in ID_KINDS or m.startswith(OTHER) for m in used):
        return gettext(
            "One column must say who is meant: a phone, an e-mail, or an id."
        )
    return ""
