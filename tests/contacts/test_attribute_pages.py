"""Fields of contacts on screen: defined, filled in, filtered for."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.contacts.attributes import Told, set_values
from apps.contacts.models import Attribute, AttributeValue, Contact
from apps.contacts.reading_values import fields_of, read_value
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/contacts/attribute/", "/admin/contacts/attribute/add/"
CONTACTS = "/admin/contacts/contact/"
INLINE = "options"


@pytest.fixture
def by(client):
    def signed_in(role: str, **fields):
        client.force_login(make.user(role=role, **fields))
        return client

    return signed_in


def put(contact: Contact, attribute: Attribute, written: str) -> None:
    [field] = fields_of([attribute])
    told = Told(contact.pk, attribute.pk, read_value(field, written))
    set_values([told], source=EventRecord.Source.PERSON, at=day(2))


def seen(attribute: Attribute, words: str) -> dict[str, str]:
    """What stood in the form when it was opened."""
    return {f"initial-attribute{attribute.pk}": words}


def form_of(page: str, contact: Contact) -> str:
    return reverse(f"admin:contacts_contact_{page}", args=[contact.pk])


def definition(**fields) -> dict:
    counts = {"TOTAL": 0, "INITIAL": 0, "MIN_NUM": 0, "MAX_NUM": 1000}
    return {
        **{"name": "职业", "face": "basic", "type": "text", "purpose": "了解客户"},
        **{"origin": "员工询问", "fresh_days": "", "position": "0"},
        **{f"{INLINE}-{name}_FORMS": many for name, many in counts.items()},
        **fields,
    }


class TestDefining:
    def test_is_for_administrators(self, by):
        assert by("manager").get(LIST).status_code == 403
        assert by("employee").post(ADD, definition()).status_code == 403
        assert by("admin").get(ADD).status_code == 200

    def test_makes_a_field_with_its_choices(self, by):
        choices = {f"{INLINE}-TOTAL_FORMS": 2}
        for number, name in enumerate(["会员", "潜客"]):
            choices[f"{INLINE}-{number}-name"] = name
            choices[f"{INLINE}-{number}-position"] = number

        by("admin").post(ADD, definition(type="choice", **choices))

        made = Attribute.objects.get()
        assert [option.name for option in made.options.all()] == ["会员", "潜客"]

    @pytest.mark.parametrize("missing", ["name", "purpose", "origin"])
    def test_wants_a_name_a_purpose_and_where_it_comes_from(self, by, missing):
        by("admin").post(ADD, definition(**{missing: ""}))

        assert not Attribute.objects.exists()

    def test_refuses_a_second_field_of_the_same_name(self, by):
        make.attribute("职业")

        page = by("admin").post(ADD, definition()).content.decode()

        assert "已有同名的字段" in page

    def test_refuses_another_type_once_a_contact_has_a_value(self, by):
        field, admin = make.attribute(), by("admin")
        address = reverse("admin:contacts_attribute_change", args=[field.pk])

        admin.post(address, definition(type="number"))
        field.refresh_from_db()
        assert field.type == "number"

        put(make.contact(), field, "3")
        page = admin.post(address, definition(type="text")).content.decode()

        field.refresh_from_db()
        assert field.type == "number"
        assert "已有客户填写了这个字段，不能再改类型。" in page

    @pytest.mark.parametrize(
        ("type", "says"), [("text", True), ("choice", True), ("number", False)]
    )
    def test_only_words_can_say_the_city(self, by, type, says):
        page = by("admin").post(ADD, definition(type=type, tells_city="on"))

        assert Attribute.objects.filter(tells_city=True).exists() is says
        assert says or "可以表示城市" in page.content.decode()

    def test_archives_and_never_deletes(self, by):
        field, admin = make.attribute(), by("admin")

        admin.post(reverse("admin:contacts_attribute_archive", args=[field.pk]))
        gone = admin.post(
            reverse("admin:contacts_attribute_delete", args=[field.pk]), {"post": "yes"}
        )

        field.refresh_from_db()
        assert field.archived_at is not None
        assert gone.status_code == 403
        assert "职业" not in admin.get(LIST).content.decode().split("result_list")[-1]


class TestFillingIn:
    def test_writes_what_is_other_than_before_and_who_said_so(self, by):
        contact, admin = make.contact(), by("admin")
        job, income = make.attribute("职业"), make.attribute("年收入", "money")
        put(contact, job, "教师")

        admin.post(
            form_of("attributes", contact),
            seen(job, "教师")
            | {f"attribute{job.pk}": "教师", f"attribute{income.pk}": "12万"},
        )

        assert AttributeValue.objects.get(attribute=job).at == day(2)
        told = AttributeValue.objects.get(attribute=income)
        assert (told.fen, told.source) == (12_000_000, "person")
        assert told.by is not None

    def test_says_what_is_wrong_and_keeps_nothing(self, by):
        contact, admin = make.contact(), by("admin")
        job, birthday = make.attribute("职业"), make.attribute("生日", "date")

        page = admin.post(
            form_of("attributes", contact),
            {f"attribute{job.pk}": "教师", f"attribute{birthday.pk}": "昨天"},
        ).content.decode()

        assert "「生日」应为日期，例如 2026-03-08；「昨天」不是。" in page
        assert 'value="昨天"' in page
        assert not AttributeValue.objects.exists()

    def test_clears_what_is_emptied_and_keeps_a_choice_that_is_archived(self, by):
        contact, admin = make.contact(), by("admin")
        job = make.attribute("职业")
        level = make.attribute("等级", "choice", options=["老客户", "新客户"])
        put(contact, job, "教师")
        put(contact, level, "老客户")
        level.options.filter(name="老客户").update(archived=True)
        page = admin.get(form_of("attributes", contact)).content.decode()
        assert 'value="老客户" selected' in page

        admin.post(
            form_of("attributes", contact),
            seen(job, "教师")
            | seen(level, "老客户")
            | {f"attribute{job.pk}": "", f"attribute{level.pk}": "老客户"},
        )

        assert [v.attribute for v in AttributeValue.objects.all()] == [level]

    def test_what_a_colleague_has_changed_since_is_not_overwritten_unasked(self, by):
        contact, job = make.contact(), make.attribute("职业")
        put(contact, job, "教师")
        li = make.user(role="manager", first_name="小李")
        told = Told(contact.pk, job.pk, read_value(fields_of([job])[0], "校长"))
        set_values([told], source=EventRecord.Source.PERSON, at=day(3), by=li)
        mine = {f"attribute{job.pk}": "医生"}
        admin, address = by("admin"), form_of("attributes", contact)

        page = admin.post(address, seen(job, "教师") | mine).content.decode()

        assert "已被小李改为「校长」" in page
        assert 'name="initial-attribute' in page and 'value="校长"' in page
        assert AttributeValue.objects.get().text == "校长"
        admin.post(address, seen(job, "校长") | mine)  # who saves again has chosen
        assert AttributeValue.objects.get().text == "医生"

    def test_what_one_did_not_touch_stays_as_a_colleague_has_it(self, by):
        contact, job = make.contact(), make.attribute("职业")
        put(contact, job, "校长")
        untouched = seen(job, "教师") | {f"attribute{job.pk}": "教师"}

        by("admin").post(form_of("attributes", contact), untouched)

        assert AttributeValue.objects.get().text == "校长"

    def test_one_field_is_filled_in_where_it_stands(self, by):
        contact, admin = make.contact(), by("admin")
        job, birthday = make.attribute("职业"), make.attribute("生日", "date")
        put(contact, job, "教师")
        address = f"{form_of('attributes', contact)}{birthday.pk}/"

        wrong = admin.post(address, {f"attribute{birthday.pk}": "昨天"})
        assert "应为日期" in wrong.content.decode()
        right = admin.post(address, {f"attribute{birthday.pk}": "1990-01-02"})

        assert "1990-01-02" in right.content.decode()
        assert AttributeValue.objects.count() == 2
        assert "教师" not in right.content.decode()
        assert admin.get(f"{form_of('attributes', contact)}987/").status_code == 404

    def test_is_refused_for_somebody_out_of_reach(self, by):
        contact, field = make.contact(), make.attribute()
        employee = by("employee", employee=make.employee())

        answer = employee.post(form_of("attributes", contact), {"attribute1": "x"})

        assert answer.status_code == 404
        assert not AttributeValue.objects.filter(attribute=field).exists()

    def test_of_a_name_is_never_markup(self, by):
        contact = make.contact()
        field = make.attribute("<b>职业</b>", purpose="<script>alert(1)</script>")
        put(contact, field, "<img onerror=alert(1)>")
        admin = by("admin")

        for page in ("attributes", "change"):
            text = admin.get(form_of(page, contact)).content.decode()
            assert "<img onerror" not in text
            assert "<script>alert" not in text
            assert "<b>职业" not in text


class TestThePage:
    def test_shows_three_groups_with_source_and_what_is_stale(self, by):
        contact = make.contact()
        for name, face in [
            ("职业", "basic"),
            ("印象", "subjective"),
            ("预算", "trade"),
        ]:
            field = make.attribute(name, face=face, fresh_days=1)
            put(contact, field, f"{name}的内容")

        page = by("admin").get(form_of("change", contact)).content.decode()

        for words in ("基本资料", "主观印象", "交易信息", "职业的内容", "本系统操作"):
            assert words in page
        assert page.count("已过期") == 3

    def test_says_nothing_of_fields_where_there_are_none(self, by):
        page = by("admin").get(form_of("change", make.contact())).content.decode()

        assert 'class="known"' not in page


class TestFiltering:
    @pytest.fixture
    def see(self, by):
        admin = by("admin")

        def names(**asked) -> list[str]:
            page = admin.get(CONTACTS, asked)
            assert page.status_code == 200
            return sorted(row["contact"].name for row in page.context["cl"].rows)

        return names

    @pytest.mark.parametrize(
        ("type", "values", "asked", "found"),
        [
            ("text", ("教师", "医生"), {"": "教"}, ["甲"]),
            ("text", ("教师", "医生"), {"": "师"}, []),
            ("number", ("3", "12"), {"_from": "10"}, ["乙"]),
            ("number", ("3", "12"), {"_from": "3", "_to": "12"}, ["甲", "乙"]),
            ("money", ("99.5", "1万"), {"_to": "99.50"}, ["甲"]),
            ("money", ("99.5", "1万"), {"_from": "1万"}, ["乙"]),
            ("date", ("2026-03-01", "2026-04-01"), {"_to": "2026-03-01"}, ["甲"]),
            ("yes_no", ("是", "否"), {"": "0"}, ["乙"]),
            ("text", ("教师", ""), {"": "any"}, ["甲"]),
            ("date", ("2026-03-01", ""), {"": "none"}, ["丙", "乙"]),
            ("number", ("3", "12"), {"_from": "'; --", "_to": "x"}, ["丙", "乙", "甲"]),
        ],
    )
    def test_by_the_type_of_the_field(self, see, type, values, asked, found):
        field = make.attribute(type=type)
        for name, written in zip("甲乙", values, strict=True):
            put(make.contact(name), field, written)
        make.contact("丙")

        assert see(**{f"a{field.pk}{end}": said for end, said in asked.items()}) == (
            sorted(found)
        )

    @pytest.mark.parametrize("type", ["choice", "choices"])
    def test_by_what_was_chosen(self, see, type):
        field = make.attribute(type=type, options=["会员", "潜客"])
        member = field.options.get(name="会员")
        put(make.contact("甲"), field, "会员")
        put(make.contact("乙"), field, "潜客")

        assert see(**{f"a{field.pk}": member.pk}) == ["甲"]
        assert see(**{f"a{field.pk}": 987654}) == []
        assert see(**{f"a{field.pk}": "x"}) == []

    def test_by_what_has_grown_stale(self, see):
        job = make.attribute("职业", fresh_days=10)
        level = make.attribute("等级", "choice", options=["会员"], fresh_days=20)
        hobby = make.attribute("爱好")
        put(make.contact("甲"), job, "教师")
        put(make.contact("乙"), level, "会员")
        put(make.contact("丙"), hobby, "茶")

        def after(days: int) -> None:
            at = timezone.now() - timedelta(days=days, minutes=1)
            AttributeValue.objects.update(at=at)

        after(9)
        assert see(stale="any") == []
        after(10)
        assert see(stale="any") == ["甲"] == see(**{f"a{job.pk}": "stale"})
        assert see(**{f"a{level.pk}": "stale"}) == []
        after(20)
        assert see(stale="any") == sorted("甲乙")
        assert see(**{f"a{level.pk}": "stale"}) == ["乙"]
        assert see(**{f"a{hobby.pk}": "stale"}) == []

    def test_by_two_fields_at_once_and_says_so(self, by, see):
        job, income = make.attribute("职业"), make.attribute("年收入", "money")
        for name, salary in (("甲", "10万"), ("乙", "20万")):
            contact = make.contact(name)
            put(contact, job, "教师")
            put(contact, income, salary)
        asked = {f"a{job.pk}": "教", f"a{income.pk}_from": "15万"}

        assert see(**asked) == ["乙"]
        chips = by("admin").get(CONTACTS, asked).context["cl"].chips
        assert [(chip.title, chip.words) for chip in chips] == [
            ("职业", "教"),
            ("年收入", "15万 ～"),
        ]
