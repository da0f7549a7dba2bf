"""A person who cannot be mistaken comes in by every door, and is erased.

Nothing of them may be read afterwards in any table, sealed value or file, and nothing
that WeCom still tells of the time before brings them back.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.contacts.merge import merge
from apps.contacts.models import Contact, Erasure, Follow, Identity
from apps.imports.models import Import, ImportPart
from apps.orders.models import Order
from apps.sync.models import Difference
from apps.sync.pull import advance, start_pull
from apps.sync.reconcile import check
from apps.wecom.models import Callback, Command
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.contacts.marked import (
    EMAIL,
    EXTERNAL,
    MARKS,
    MEMBER,
    PHONE,
    UNION,
    left_behind,
    marks_in,
)
from tests.orders.telling import Shop, order
from tests.tables import csv_of

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/contacts/contact/{}/"
IMPORTS = "/admin/imports/import/"
COLUMNS = ["姓名", "手机", "邮箱", "会员号", "爱好"]


@pytest.fixture
def admin():
    return signed_in(make.user(role="admin"))


@pytest.fixture
def ann(corp, sandbox):
    corp.populate(seed=1, employees=3, contacts=4, groups=1)
    return corp.dump(["users"])["users"][0]["userid"]


def tell(wecom, done) -> None:
    for news in done["news"]:
        assert wecom.put(news["message"], receiver=news["receiver"]).status_code == 200


def pull() -> None:
    started = start_pull(by=None, at=timezone.now())
    advance(pull=started)
    started.refresh_from_db()
    assert started.status == "done", started.last_error


def comes_by_every_door(corp, wecom, work_off, admin, ann) -> Contact:
    pull()
    added(corp, wecom, ann)
    work_off()
    chat = corp.dump(["groups"])["groups"][0]
    about = {"userid": ann, "external_userid": EXTERNAL}
    joined = corp.do("group_join", chat_id=chat["chat_id"], members=[EXTERNAL])
    tell(wecom, joined)
    work_off()
    # what only the next pull finds, as a difference
    corp.do("edit_phones", mobiles=[PHONE], **about)
    corp.do("edit_remark", remark="记号人备注", description="marker desc", **about)
    pull()
    # heard, and never understood
    wecom.says(
        "change_external_contact",
        "add_external_contact",
        at=day(2),
        ExternalUserID=EXTERNAL,
    )
    work_off()
    buys_and_looks_around()
    stands_in_a_table(admin, work_off)
    contact = Identity.objects.get(value=EXTERNAL).contact
    is_written_about(admin, contact)
    turns_out_to_be_two(contact)
    work_off()
    return contact


def added(corp, wecom, ann, **about) -> None:
    done = corp.do(
        "add",
        userid=ann,
        external_userid=EXTERNAL,
        name="记号人",
        unionid=UNION,
        avatar="https://wx.qlogo.cn/marker/0",
        state="marker_state",
        **about,
    )
    tell(wecom, done)


def buys_and_looks_around() -> None:
    shop = Shop()
    who = {"unionid": UNION, "phone": PHONE, "id": "marker-in-the-shop"}
    assert shop.tell(order("told", contact=who, amount=8_765)).status_code == 201
    stranger = {"id": "marker-loser", "name": "记号人二"}
    assert shop.tell(order("other", contact=stranger)).status_code == 201
    looked = {
        "id": "b-1",
        "kind": "searched",
        "title": "找 marker title",
        "at": "2026-03-02T09:00:00+08:00",
        "contact": who,
        "facts": {"words": "marker facts"},
    }
    told = shop.tell({"events": [looked]}, address="/api/v1/events")
    assert told.json()["results"][0]["outcome"] == "kept"
    agreed = {
        "contact": who,
        "purpose": "marketing",
        "given": True,
        "at": "2026-03-02T09:00:00+08:00",
    }
    assert shop.tell(agreed, address="/api/v1/consents").status_code == 200


def stands_in_a_table(admin, work_off) -> None:
    """With a stranger above, and a row of theirs that is wrong below."""
    hobby = make.attribute("爱好")
    rows = [
        COLUMNS,
        ["旁人", "13800000001", "", "OTHER-1", "钓鱼"],
        ["记号人", PHONE, EMAIL, MEMBER, "marker hobby"],
        ["记号人", "不是号码", "", MEMBER, "marker wrong"],
    ]
    file = SimpleUploadedFile("记号人.csv", csv_of(rows))
    admin.post(f"{IMPORTS}start/", {"file": file})
    of = Import.objects.latest("pk").pk
    meanings = ["name", "phone", "email", "other:会员号", f"a{hobby.pk}"]
    form = {f"column{n}": word for n, word in enumerate(meanings)}
    admin.post(f"{IMPORTS}{of}/check/", form)
    work_off()
    admin.post(f"{IMPORTS}{of}/write/")
    work_off()
    assert Identity.objects.filter(value=MEMBER).exists()


def is_written_about(admin, contact) -> None:
    make.note(contact, text="marker note")
    make.note(make.contact("旁人"), text=f"记下号码 {PHONE}")
    phone = contact.identities.filter(kind="phone").first()
    shown = admin.post(
        f"{PAGE.format(contact.pk)[:-1]}/identity/{phone.pk}/",
        {"reason": "marker reason", "password": make.PASSWORD},
    )
    assert PHONE in shown.content.decode()


def turns_out_to_be_two(contact) -> None:
    loser = Identity.objects.get(value="marker-loser").contact
    merge(winner=contact, loser=loser, at=timezone.now(), take=["name"])


def told_again() -> list[str]:
    """An order that we know, one that we do not, a report, a consent."""
    shop = Shop()
    who = {"unionid": UNION, "phone": PHONE, "id": "marker-in-the-shop"}
    by_phone = {"phone": PHONE, "name": "记号人"}
    known = order("told", contact=who, amount=8_765)
    orders = [known, order("older", contact=by_phone)]
    outcomes = shop.tell({"orders": orders}).json()["results"]
    seen = {"id": "b-0", "kind": "searched", "at": "2026-03-02T09:00:00+08:00"}
    looked = {"events": [seen | {"contact": by_phone}]}
    outcomes += shop.tell(looked, address="/api/v1/events").json()["results"]
    agreed = {"contact": who, "purpose": "marketing", "given": True}
    agreed |= {"at": "2026-03-01T09:00:00+08:00"}
    outcomes.append(shop.tell(agreed, address="/api/v1/consents").json())
    return [each["outcome"] for each in outcomes]


def erase(admin, contact, *, typed="确认删除"):
    return admin.post(
        f"{PAGE.format(contact.pk)}rights/erase/",
        {"why": "asked", "reference": "工单 42", "typed": typed},
    )


def test_whoever_is_erased_is_nowhere_any_more_and_is_not_brought_back(
    corp, wecom, work_off, admin, ann, caplog
):
    contact = comes_by_every_door(corp, wecom, work_off, admin, ann)
    others = set(Contact.objects.exclude(pk=contact.pk).values_list("pk", flat=True))
    before = left_behind()
    for store in (
        *("contacts_contact", "contacts_identity", "contacts_follow"),
        *("contacts_attributevalue", "contacts_merge", "groups_stay"),
        "followups_note",
        *("behaviour_behaviour", "sync_difference", "wecom_callback"),
        *("contacts.Identity.sealed", "imports.ImportPart.rows_sealed"),
        "audit, opened",
    ):
        assert any(place.startswith(f"{store}:") for place in before), store

    caplog.clear()
    assert erase(admin, contact, typed="删除").status_code == 200
    assert not Erasure.objects.exists()
    erase(admin, contact)
    work_off()

    assert Erasure.objects.get().status == "done", Erasure.objects.get().last_error
    assert left_behind() == []
    assert marks_in(caplog.text) == set()
    led = admin.get(f"{PAGE.format(contact.pk)}change/", follow=True)
    assert "已删除" in led.content.decode()
    # what the law wants kept is there, and is nobody's
    kept = Order.objects.get(number="told")
    assert (kept.amount, kept.contact) == (8_765, None)
    # nobody else was touched
    losers = {pk for pk in others if not Contact.objects.filter(pk=pk).exists()}
    assert len(losers) == 1
    assert "钓鱼" in str([part.rows for part in ImportPart.objects.all()])

    # shops and WeCom go on telling of the time before
    assert told_again() == ["unchanged", "passed_over", "passed_over", "passed_over"]
    assert left_behind() == []
    pull()
    work_off()
    assert left_behind() == []
    assert not [d for d in check().differences if EXTERNAL in str(d)]
    assert not Difference.objects.filter(subject__contains="MARKER").exists()
    about = {"userid": ann, "external_userid": EXTERNAL}
    tell(wecom, corp.do("edit_remark", remark="记号人", **about))
    work_off()
    assert not Follow.objects.filter(identity__value=EXTERNAL).exists()
    assert not Contact.objects.filter(name__contains="记号人").exists()

    # until they add us anew: a new person, with nothing of the old
    tell(wecom, corp.do("customer_leaves", **about))
    work_off()
    assert not Identity.objects.filter(value=EXTERNAL).exists()
    soon = int(timezone.now().timestamp()) + 2  # WeCom tells whole seconds
    added(corp, wecom, ann, at=soon)
    work_off()
    back = Contact.objects.get(identities__value=EXTERNAL)
    assert back.name == "记号人"
    assert back.pk != contact.pk
    assert not back.orders.exists()


def test_a_mark_is_found_wherever_it_lies(admin):
    """The search is worth nothing if it cannot find."""
    contact = make.contact("记号人")
    make.event("FollowStarted", at=day(1), contact=contact, words="marker")
    make.callback(message={"ExternalUserID": EXTERNAL})
    make.command(arguments={"external_userid": EXTERNAL})

    found = " ".join(left_behind())

    assert {"记号人", "marker"} <= set(MARKS)
    for table in ("contacts_contact", "events_eventrecord", "wecom_callback"):
        assert table in found
    assert Callback.objects.count() == Command.objects.count() == 1
