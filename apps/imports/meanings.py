"""What a column may mean, and what its Chinese heading says that it means.

A meaning is a word: "name", "phone", "other:会员号" for the id in another system of
that name, "a12" for the company's own field number 12; empty for a column that is
passed over.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.audit.telling import VALUES
from apps.contacts.models import Attribute, Identity
from apps.imports import consents

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


ORDERS: dict[str, Any] = {
    "number": _("order number"),
    "customer": _("the buyer's id in this system"),
    "phone": _("phone"),
    "email": _("e-mail"),
    "external": _("WeCom customer id"),
    "union": _("WeChat union id"),
    "name": _("the buyer's name"),
    "placed_at": _("placed at"),
    "paid_at": _("paid at"),
    "shipped_at": _("shipped at"),
    "received_at": _("received at"),
    "refunded_at": _("refunded at"),
    "status": _("status of the order"),
    "amount": _("amount of the order, in yuan"),
    "refunded_amount": _("amount given back, in yuan"),
    "discount": _("discount, in yuan"),
    "product_number": _("product number"),
    "product_name": _("name of the product"),
    "quantity": _("how many"),
    "price": _("price of one, in yuan"),
    "line_amount": _("amount of the line, in yuan"),
    "shop": _("shop"),
}
ORDERS_SAY = {
    "number": "订单号 订单编号 订单id 单号 交易号 交易编号 主订单编号 "
    "ordernumber orderid",
    "customer": "客户id 客户号 客户编号 买家id 会员号 会员编号 会员id 用户id 买家账号 "
    "customerid buyerid userid memberid",
    "phone": "手机 手机号 手机号码 买家手机 买家手机号 收货人手机 联系电话 电话 "
    "phone mobile",
    "email": "邮箱 买家邮箱 email e-mail",
    "external": "externaluserid external_userid 外部联系人id",
    "union": "unionid 微信unionid",
    "name": "姓名 买家 买家姓名 客户姓名 客户 收货人 收货人姓名 买家昵称 buyer name",
    "placed_at": "下单时间 下单日期 订单创建时间 创建时间 购买日期 购买时间 成交时间 "
    "日期 时间 订单日期 date orderdate placedat createdat",
    "paid_at": "付款时间 支付时间 付款日期 订单付款时间 paidat",
    "shipped_at": "发货时间 发货日期 shippedat",
    "received_at": "收货时间 签收时间 完成时间 确认收货时间 receivedat",
    "refunded_at": "退款时间 退款日期 refundedat",
    "status": "状态 订单状态 交易状态 status",
    "amount": "金额 订单金额 实付金额 应付金额 实收金额 订单总额 总金额 总价 支付金额 "
    "买家实际支付金额 amount total dollarvalue",
    "refunded_amount": "退款金额 已退金额 refundedamount",
    "discount": "优惠 优惠金额 折扣金额 减免金额 优惠减免 discount",
    "product_number": "商品编号 商品编码 商品id 商家编码 货号 sku skuid skucode",
    "product_name": "商品 商品名称 商品标题 宝贝标题 品名 product productname",
    "quantity": "数量 件数 购买数量 商品数量 宝贝数量 quantity qty numberofcds",
    "price": "单价 商品单价 price unitprice",
    "line_amount": "小计 商品金额 商品总价 明细金额 subtotal",
    "shop": "店铺 门店 店铺名称 门店名称 shop store",
}


def of_words(says: Mapping[str, str]) -> dict[str, str]:
    return {
        plain(word): meaning
        for meaning, words in says.items()
        for word in words.split()
    }


@dataclass(frozen=True)
class Words:
    """What the columns of one kind of table may mean, and are guessed to mean."""

    titles: Mapping[str, Any]
    said: Mapping[str, str]
    ids: frozenset[str]
    wanted: Mapping[str, Any]  # without which nothing can be done, and what to say then
    fields: Sequence[Attribute] = ()

    def guess(self, columns: Sequence[str]) -> list[str]:
        """A meaning for each heading; each meaning at most once."""
        own = {plain(attribute.name): f"a{attribute.pk}" for attribute in self.fields}
        taken: set[str] = set()
        found = []
        for column in columns:
            word = plain(column)
            meaning = own.get(word) or self.said.get(word)
            if not meaning and AN_ID.search(word):
                meaning = f"{OTHER}{column}"
            if not meaning or meaning in taken:
                meaning = ""
            taken.add(meaning)
            found.append(meaning)
        return found

    def choices(self, column: str) -> list[tuple[str, Any]]:
        """What this column may be said to mean."""
        here = {"system": column}
        return [
            ("", gettext("-- pass over --")),
            *((word, str(title)) for word, title in self.titles.items()),
            (f"{OTHER}{column}", gettext("id in another system: %(system)s") % here),
            *((f"a{attribute.pk}", attribute.name) for attribute in self.fields),
        ]

    def wrong_with(self, meanings: Sequence[str]) -> str:
        """Why these meanings will not do; empty if they will."""
        used = [meaning for meaning in meanings if meaning]
        if len(used) > len(set(used)):
            return gettext("Two columns have the same meaning.")
        if not any(m in self.ids or m.startswith(OTHER) for m in used):
            return gettext(
                "One column must say who is meant: a phone, an e-mail, or an id."
            )
        missing = [why for meaning, why in self.wanted.items() if meaning not in used]
        return str(missing[0]) if missing else consents.wrong_with(used)


class InWords(dict[str, Any]):
    """What columns were said to mean, as the audit tells it."""

    def get(self, meaning: str, otherwise: Any = "") -> Any:
        if meaning.startswith(OTHER):
            return meaning.removeprefix(OTHER)
        return super().get(meaning, otherwise)


def in_words() -> InWords:
    own = Attribute.objects.values_list("pk", "name")
    return InWords(
        {**ORDERS, **PLAIN, **consents.TITLES} | {f"a{pk}": name for pk, name in own}
    )


VALUES["imports.import", "meanings"] = in_words


def words_for(kind: str) -> Words:
    if kind == "orders":
        return order_words()
    return contact_words(Attribute.objects.in_use())


def contact_words(fields: Iterable[Attribute]) -> Words:
    return Words(
        titles={**PLAIN, **consents.TITLES},
        said=of_words({**SAYS, **consents.SAYS}),
        ids=frozenset(ID_KINDS),
        wanted={},
        fields=list(fields),
    )


def order_words() -> Words:
    return Words(
        titles=ORDERS,
        said=of_words(ORDERS_SAY),
        ids=frozenset({*ID_KINDS, "customer"}),
        wanted={"placed_at": _("One column must say when the order was placed.")},
    )
