"""Every page: who may open it, and that it speaks Chinese."""

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.channels.models import Channel
from tests import make
from tests.backoffice.reading import faults
from tests.conftest import day

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
LISTS = [f"admin:{m._meta.label_lower.replace('.', '_')}_changelist" for m in MODELS]
NAMES = "RFM admin manager employee lin externalcontact.get CSV XLSX"
NEVER_EMPTY = {
    "admin:staff_user_changelist",  # the visitor stands in it
    "admin:staff_reach_changelist",  # the roles are always there
    "admin:assignment_pool_changelist",  # the general pool is
    "admin:followups_stage_changelist",  # so are stages
}
FOR_EVERYBODY = {
    "admin:assignment_pool_changelist",
    "admin:campaigns_campaign_changelist",
    "admin:campaigns_grant_changelist",
    "admin:campaigns_participation_changelist",
    "admin:posters_poster_changelist",
    "admin:referrals_credit_changelist",
    "admin:referrals_invite_changelist",
    "admin:referrals_referral_changelist",
    "admin:channels_channel_changelist",
    "admin:errands_errand_changelist",
    "admin:contacts_contact_changelist",
    "admin:contacts_merge_changelist",
    "admin:contacts_proposal_changelist",
    "admin:followups_lead_changelist",
    "admin:followups_notice_changelist",
    "admin:followups_stage_changelist",
    "admin:groups_groupchat_changelist",
    "admin:joins_groupcode_changelist",
    "admin:loyalty_level_changelist",
    "admin:loyalty_membership_changelist",
    "admin:loyalty_pointsentry_changelist",
    "admin:orders_order_changelist",
    "admin:lists_batch_changelist",
    "admin:lists_savedview_changelist",
    "admin:orders_product_changelist",
    "admin:segments_segment_changelist",
    "admin:staff_department_changelist",
    "admin:staff_employee_changelist",
    "admin:tags_tag_changelist",
    "admin:tags_taggroup_changelist",
    "admin:welcomes_greeting_changelist",
    "admin:welcomes_welcome_changelist",
}


def address_of(row) -> str:
    name = row._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{name}_change", args=[row.pk])


@pytest.fixture
def living():
    """Something in every list that is ours."""
    lin = make.employee("林静", wecom_id="lin")
    gone = make.follow(make.contact("赵敏", owner=lin), employee=lin)
    make.points_entry(gone.identity.contact)
    make.entry(gone, Channel.objects.create(name="地铁海报", state="poster"))
    told = make.event("FollowStarted", at=day(1), contact=gone.identity.contact)
    told.deliveries.create(
        subscriber="apps.contacts.subscribers.hear", lane="news", status="done"
    )
    for status in ("waiting", "done", "failed"):
        make.callback(status=status, subject="contact:wm1", last_error="")
        make.command(status=status, errcode=84061, called_at=day(1))
        pull = make.pull(status=status, counts={"contacts": {"new": 1}})
    pull.differences.create(
        step="contacts",
        thing="follow",
        kind="different",
        subject="lin · wm1",
        field="remark",
        ours="旧",
        theirs="新",
        contact=gone.identity.contact,
    )


@pytest.mark.parametrize("name", LISTS)
class TestEveryList:
    def test_is_open_to_an_administrator_and_speaks_chinese(self, visit, living, name):
        page = visit(reverse(name))

        assert page.status_code == 200
        assert faults(page.content.decode(), names=NAMES) == []

    def test_says_what_to_do_while_it_is_empty(self, visit, name):
        page = visit(reverse(name)).content.decode()

        if name in NEVER_EMPTY:
            return
        assert "nothing" in page
        assert 'class="button' in page.split('class="nothing"')[1]
        assert faults(page, names=NAMES) == []

    def test_says_that_nothing_fits_what_is_searched_for(self, visit, living, name):
        if not admin.site._registry[MODELS[LISTS.index(name)]].search_fields:
            return
        page = visit(reverse(name), q="没有这样的名字").content.decode()

        assert "没有符合条件的内容" in page
        assert "显示全部" in page

    def test_is_open_to_employees_only_if_it_is_about_people(self, visit, name):
        allowed = visit(reverse(name), role="employee").status_code == 200

        assert allowed == (name in FOR_EVERYBODY)

    @pytest.mark.parametrize(
        "question",
        [
            "password__startswith",
            "owner__user__password__regex",
            "_connector",
            "id__gt",
        ],
    )
    def test_answers_no_question_that_it_does_not_offer(self, visit, name, question):
        assert visit(reverse(name), **{question: "a"}).status_code in (302, 400)


READ = [m for m in MODELS if getattr(admin.site._registry[m], "page_template", "")]
OURS = [m for m in READ if m._meta.app_label in ("wecom", "sync", "events")]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)
class TestEveryRow:
    def test_has_a_page_that_speaks_chinese(self, visit, living, model):
        for row in model.objects.all():
            page = visit(address_of(row))

            assert page.status_code == 200
            assert faults(page.content.decode(), names=NAMES) == []

    def test_that_does_not_exist_leads_to_the_front_page(self, visit, model):
        name = address_of(model(pk=987654321))

        assert visit(name)["Location"] == "/admin/"

    def test_is_not_for_employees(self, visit, living, model):
        page = visit(address_of(model.objects.first()), role="employee")

        assert page.status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "password_change/",
        "password_change/done/",
        "staff/user/add/",
        "staff/user/{user}/change/",
        "staff/user/{user}/history/",
        "staff/user/{user}/password/",
    ],
)
def test_the_pages_about_sign_ins_speak_chinese(visit, path):
    other = make.user("lin", role="employee")

    page = visit("/admin/" + path.format(user=other.pk))

    assert page.status_code == 200
    assert faults(page.content.decode(), names=NAMES) == []


@pytest.mark.parametrize("role", ["admin", "manager", "employee"])
class TestFrontPage:
    def test_speaks_chinese(self, client, living, role):
        somebody = make.user(role=role, employee=make.employee("周颖"))
        client.force_login(somebody)

        page = client.get("/admin/").content.decode()

        assert faults(page, names=somebody.username) == []


def test_the_front_page_of_an_employee_without_a_sign_in_says_what_to_do(visit):
    assert "还没有关联员工" in visit("/admin/", role="employee").content.decode()


def test_the_sidebar_shows_what_may_be_opened(visit):
    page = visit("/admin/", role="employee")

    links = {
        item["link"]
        for part in page.context["sidebar_navigation"]
        for item in part["items"]
    }
    assert reverse("admin:contacts_contact_changelist") in links
    assert reverse("admin:wecom_callback_changelist") not in links


@pytest.mark.parametrize("path", ["/admin/nothing/here/", "/nothing/here/"])
def test_a_page_that_does_not_exist_says_so_in_chinese(visit, path):
    page = visit(path)

    assert page.status_code == 404
    assert faults(page.content.decode()) == []
    assert "页面不存在" in page.content.decode()


def test_a_page_that_may_not_be_seen_says_so_in_chinese(visit):
    page = visit(reverse("admin:wecom_callback_changelist"), role="employee")

    assert page.status_code == 403
    assert faults(page.content.decode()) == []


def test_scripts_and_pictures_come_from_nowhere_else(visit, living):
    page = visit("/admin/")

    assert "script-src 'self' 'unsafe-eval'" in page["Content-Security-Policy"]
    assert "http://" not in page.content.decode().replace("http://www.w3.org", "")
    assert "https://" not in page.content.decode()


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "</script><b>x"])
def test_a_name_is_never_markup(client, name):
    someone = make.employee(name)
    follow = make.follow(make.contact(name), employee=someone)
    event = make.event(
        "FollowStarted",
        at=day(1),
        contact=follow.identity.contact,
        employee_id=someone.pk,
    )
    client.force_login(make.user(role="manager", employee=someone))

    for path in (
        "/admin/",
        "/admin/changes/added/?on=2026-03-01",
        "/admin/events/eventrecord/",
        address_of(event),
        f"/admin/search/?s={name}",
    ):
        page = client.get(path).content.decode()
        assert name not in page, path
