"""What somebody writes for new friends: refused at its field, or kept and audited."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.staff.models import Reach, User
from apps.wecom.media import LIVES, RENEWED, MediaRefused, bring, is_ready, renew
from apps.wecom.models import Command, Media
from apps.welcomes.content import NotAWelcome, read
from apps.welcomes.fill import fill
from apps.welcomes.keep import StillSaid, remove
from apps.welcomes.models import Welcome
from apps.welcomes.report import covered
from tests import make
from tests.channels.doors import a_channel
from tests.conftest import day
from tests.welcomes.hellos import a_picture, a_welcome, png


class TestFill:
    @pytest.mark.parametrize(
        ("text", "filled"),
        [
            ("{nickname}好", "您好"),
            ("{nickname|朋友}好", "朋友好"),
            ("{employee}在", "林静在"),
            ("{position|顾问}", "顾问"),
            ("没有占位符", "没有占位符"),
        ],
    )
    def test_puts_in_what_is_known_and_else_the_fallback(self, text, filled):
        assert fill(text, {"employee": "林静", "nickname": ""}) == filled

    @pytest.mark.parametrize(
        "text",
        [
            "{{settings.SECRET_KEY}}",
            "{0.__class__}",
            "{nicknam}",
            "{nickname",
            "{% include %}",
        ],
    )
    def test_only_listed_placeholders_are_taken(self, text):
        with pytest.raises(NotAWelcome) as refusal:
            read({"text": text})

        assert {problem.field for problem in refusal.value.problems} == {"text"}

    def test_never_cuts_a_character_in_half(self):
        told = fill("{nickname}" * 3, {"nickname": "林" * 700})

        assert len(told.encode()) == 3999
        assert set(told) == {"林"}


class TestRead:
    @pytest.mark.parametrize(
        ("told", "field"),
        [
            ({"text": "字" * 1400}, "text"),
            ({"text": " "}, "text"),
            ({"text": "a", "attachments": [{"kind": "link"}] * 10}, "text"),
            ({"attachments": [{"kind": "link", "title": "长" * 43}]}, "attachments.0"),
            ({"attachments": [{"kind": "image"}]}, "attachments.0"),
            ({"attachments": [{"kind": "voice"}]}, "attachments.0"),
            ({"text": "a", "times": [{"days": [1], "text": ""}]}, "times.0.text"),
            ({"text": "a", "times": [{"days": [], "text": "b"}]}, "times.0"),
            (
                {"text": "a", "times": [{"first": "2026-03-02", "last": "2026-03-01"}]},
                "times.0",
            ),
        ],
    )
    def test_says_at_the_field_what_wecom_would_refuse(self, told, field):
        with pytest.raises(NotAWelcome) as refusal:
            read(told)

        assert field in {problem.field for problem in refusal.value.problems}


@pytest.mark.django_db
class TestMedia:
    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("image", b"GIF89a no picture"),
            ("image", b"\x89PNG" + bytes(11 * 1024 * 1024)),
            ("video", b"RIFF....AVI LIST"),
            ("file", bytes(21 * 1024 * 1024)),
            ("file", b""),
        ],
    )
    def test_refuses_what_wecom_does_not_take_with_a_sentence(self, kind, content):
        with pytest.raises(MediaRefused) as refusal:
            bring(kind=kind, name="a", content=content, at=day(1))

        assert str(refusal.value)
        assert not Media.objects.exists()

    def test_is_uploaded_again_before_its_three_days_are_over_and_only_if_used(self):
        old = a_picture(uploaded_at=timezone.now() - RENEWED - timedelta(minutes=1))
        Command.objects.all().delete()

        assert renew(at=timezone.now()) == 0  # nobody uses it

        files = [{"kind": "image", "media": old.pk}]
        a_welcome(is_default=True, attachments=files)
        old.refresh_from_db()
        assert old.is_used and is_ready(old, at=timezone.now())
        assert renew(at=timezone.now()) == 1
        assert Command.objects.get().arguments == {"media": old.pk}
        assert not is_ready(old, at=old.uploaded_at + LIVES)


@pytest.mark.django_db(transaction=True)
def test_a_file_reaches_wecom_under_its_chinese_name(corp, sandbox):
    from apps.common.jobs import drain

    media = bring(kind="image", name="海报 一.png", content=png(), at=timezone.now())
    drain("outgoing")

    media.refresh_from_db()
    assert is_ready(media, at=timezone.now())
    [there] = corp.dump(["media"])["media"]
    assert (there["media_id"], there["name"]) == (media.media_id, "海报 一.png")


@pytest.mark.django_db
class TestKeep:
    def test_is_audited_with_whom_it_is_for(self):
        by = make.user(role="admin")
        ann = make.employee("林静")
        a_welcome(employees=[ann.pk], by=by)

        [row] = AuditRow.objects.filter(about_kind="welcomes.welcome")
        assert row.deed == "added"
        assert row.after["who"] == "林静"

    def test_a_welcome_that_a_code_says_is_not_removed(self):
        said = a_welcome()
        a_channel(make.employee(), welcome=said.pk)

        with pytest.raises(StillSaid):
            remove(welcome=said, by=None, at=day(2))

    def test_a_file_that_is_gone_is_told_at_its_place(self):
        with pytest.raises(NotAWelcome) as refusal:
            a_welcome(attachments=[{"kind": "image", "media": 7}])

        assert refusal.value.problems[0].field == "attachments.0"

    def test_whoever_sees_some_contacts_speaks_for_those_employees_alone(self):
        manager = make.user(role="manager", employee=make.employee("经理"))
        Reach.objects.update_or_create(
            role="manager", defaults={"scope": "department", "unmasks_per_day": 1}
        )
        for more in ({"is_default": True}, {"employees": [make.employee().pk]}):
            with pytest.raises(NotAWelcome) as refusal:
                a_welcome(by=manager, **more)
            assert refusal.value.problems[0].field == "people"

    def test_tells_how_many_greet_with_which_and_who_with_none(self):
        ann, ben = make.employee("林静"), make.employee("周明")
        mine = a_welcome(employees=[ann.pk])

        found = covered()

        assert found.by_welcome[mine.pk] == 1
        assert found.left == [ben]


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def root(self, client):
        user = make.user(role="admin", employee=make.employee("林静"))
        client.force_login(user)
        return client

    def test_the_form_makes_one_and_the_phone_shows_it(self, root):
        told = {"text": "{nickname}您好", "employees": [], "departments": []}
        address = reverse("admin:welcomes_welcome_build")
        sent = {"name": "默认", "is_default": "yes", "told": json.dumps(told)}
        root.post(address, sent)

        welcome = Welcome.objects.get()
        assert welcome.is_default
        page = root.get(reverse("admin:welcomes_welcome_change", args=[welcome.pk]))
        assert "您您好" in page.content.decode()

    def test_a_file_that_is_too_large_is_refused_at_its_field(self, root):
        large = SimpleUploadedFile("a.pdf", bytes(21 * 1024 * 1024))
        answer = root.post(
            reverse("admin:welcomes_welcome_media"), {"kind": "file", "file": large}
        )

        assert answer.status_code == 400
        assert "20 MB" in answer.json()["error"]

    def test_tells_what_a_new_friend_gets_and_why(self, root):
        ann = make.employee("周明")
        channel = a_channel(ann, welcome=a_welcome("活码", name="门店专用").pk)
        page = root.get(
            reverse("admin:welcomes_welcome_who"),
            {"employee": ann.pk, "door": channel.pk, "at": "2026-03-02T10:00"},
        ).content.decode()

        assert "门店专用" in page
        assert "渠道活码的欢迎语" in page

    def test_a_message_to_oneself_goes_to_oneself_alone(self, root):
        answer = root.post(
            reverse("admin:welcomes_welcome_try_out"),
            json.dumps({"text": "您好"}),
            content_type="application/json",
        )

        assert answer.status_code == 200
        command = Command.objects.get(call="message.send")
        assert command.arguments["touser"] == User.objects.get().employee.wecom_id

    def test_the_customers_page_tells_what_became_of_it(self, root):
        follow = make.follow()
        welcome = a_welcome(name="门店专用")
        make.greeting(follow, welcome=welcome)
        other = make.follow()
        make.greeting(other, outcome="missed", reason="late", code="")
        pages = [
            root.get(
                reverse("admin:contacts_contact_change", args=[one.identity.contact_id])
            ).content.decode()
            for one in (follow, other)
        ]

        assert "门店专用" in pages[0]
        assert "超过 20 秒" in pages[1]
