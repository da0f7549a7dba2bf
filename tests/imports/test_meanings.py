"""What headings say, as people write them."""

import pytest

from apps.imports.meanings import contact_words, order_words
from tests import make


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("姓名", "name"),
        ("客户姓名*", "name"),
        ("手机号码", "phone"),
        ("联系电话（必填）", "phone"),
        ("E-mail", "email"),
        ("ＥＭＡＩＬ", "email"),
        ("外部联系人ID", "external"),
        ("external_userid", "external"),
        ("UnionID", "union"),
        ("归属 员工", "owner"),
        ("客户标签", "tags"),
        ("会员卡号", "other:会员卡号"),
        ("CRM客户编号", "other:CRM客户编号"),
        ("customer id", "other:customer id"),
        ("备注", ""),
        ("手机型号", ""),
    ],
)
def test_a_heading_is_understood(heading, meaning):
    assert contact_words([]).guess([heading]) == [meaning]


@pytest.mark.django_db
def test_a_field_of_our_own_goes_before_and_no_meaning_is_given_twice():
    field = make.attribute("手机")

    guessed = contact_words([field]).guess(["手机", "手机号", "电话"])

    assert guessed == [f"a{field.pk}", "phone", ""]


@pytest.mark.parametrize(
    ("meanings", "why"),
    [
        (["name", "phone"], ""),
        (["other:会员号"], ""),
        (["name", "phone", "phone"], "有两列的含义相同。"),
        (["name", "tags", ""], "至少要有一列说明是哪位客户：手机、邮箱或编号。"),
    ],
)
def test_somebody_must_be_meant(meanings, why):
    assert contact_words([]).wrong_with(meanings) == why


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        ("订单编号", "number"),
        ("买家手机", "phone"),
        ("下单时间", "placed_at"),
        ("实付金额（元）", "amount"),
        ("商品名称", "product_name"),
        ("dollar_value", "amount"),
        ("customer_id", "customer"),
        ("number_of_cds", "quantity"),
        ("快递公司", ""),
    ],
)
def test_a_heading_of_orders_is_understood(heading, meaning):
    assert order_words().guess([heading]) == [meaning]


def test_an_order_has_been_placed_at_some_time():
    assert order_words().wrong_with(["number", "phone"]) == "至少要有一列说明下单时间。"
