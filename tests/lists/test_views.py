"""Views: kept, shared, opened by a colleague, and what of them exists no longer."""

import pytest
from django.urls import reverse

from apps.audit.models import AuditRow
from apps.contacts.models import Contact
from apps.lists.count import how_many
from apps.lists.models import SavedView
from apps.staff.models import Department
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day

pytestmark = pytest.mark.django_db

LIST = "/admin/contacts/contact/"


def manager(**fields):
    return make.user(role="manager", **fields)


def keep(client, query: str, *, name: str = "我的视图", shared: str = "nobody", **more):
    form = {"list": "contacts.contact", "query": query, "name": name, "shared": shared}
    return client.post(address("keep"), form | more)


def address(action: str, *args: int) -> str:
    return reverse(f"admin:lists_savedview_{action}", args=args)


def named(page) -> list[str]:
    return [row["contact"].name for row in page.context["cl"].rows]


def test_a_view_leads_to_the_address_with_its_filters():
    client = signed_in(manager())
    make.contact("张三")
    make.contact("李四", standing="left")

    page = keep(client, "standing=left")

    view = SavedView.objects.get()
    assert page.url == f"{LIST}?view={view.pk}&standing=left"
    assert named(client.get(page.url)) == ["李四"]
    assert client.get(LIST, {"view": view.pk}).url == page.url


@pytest.mark.parametrize(
    "query",
    [
        "password__startswith=a",
        "owner__user__password__regex=.*",
        "_connector=OR",
        "identities__digest=x",
        "q=13800000001",
        "",
    ],
)
def test_only_filters_of_the_list_are_kept(query):
    client = signed_in(manager())

    keep(client, query)
    assert not SavedView.objects.exists()

    keep(client, f"standing=left&{query}")
    assert SavedView.objects.get().query == "standing=left"


def test_a_colleague_with_another_scope_sees_his_own():
    sales, care = make.employee("林静"), make.employee("周颖")
    hers = make.contact("张三", owner=sales, standing="left")
    make.contact("李四", owner=care, standing="left")
    client = signed_in(manager(employee=sales))
    keep(client, "standing=left", shared="everybody")
    opened = f"{LIST}?view={SavedView.objects.get().pk}"

    colleague = make.user(role="employee", employee=care)
    page = signed_in(colleague).get(opened, follow=True)

    assert named(page) == ["李四"]
    assert hers.name not in page.content.decode()
    counts = signed_in(colleague).get(address("counts"), {"list": "contacts.contact"})
    assert list(counts.json()["counts"].values()) == ["1"]


def test_mine_is_of_whoever_looks():
    care = make.employee("周颖")
    make.contact("张三", owner=make.employee())
    make.contact("李四", owner=care)
    boss = manager()
    keep(signed_in(boss), "owner=me", shared="everybody")

    page = signed_in(manager(employee=care)).get(LIST, {"owner": "me"})

    assert named(page) == ["李四"]


class TestWhoHasIt:
    def test_nobody_but_its_maker_unless_it_is_shared(self):
        keep(signed_in(manager()), "standing=left")
        view, other = SavedView.objects.get(), signed_in(manager())

        assert "我的视图" not in other.get(LIST).content.decode()
        for action in ("describe", "take_over", "move", "opens", "remove"):
            assert other.post(address(action, view.pk)).status_code == 404

    def test_colleagues_of_the_department_it_is_shared_with(self):
        near, far = make_department(1), make_department(2)
        people = [make.employee(n) for n in ("甲", "乙", "丙")]
        for employee, department in zip(people, (near, near, far), strict=True):
            employee.postings.create(department=department)
        maker, colleague, stranger = (
            signed_in(make.user(role="employee", employee=e)) for e in people
        )

        keep(maker, "standing=left", shared="department")

        assert "我的视图" in colleague.get(LIST).content.decode()
        assert "我的视图" not in stranger.get(LIST).content.decode()

    def test_employees_do_not_share_with_everybody(self):
        client = signed_in(make.user(role="employee", employee=make.employee()))

        keep(client, "standing=left", shared="everybody")

        assert not SavedView.objects.exists()

    def test_only_its_maker_and_administrators_change_it(self):
        keep(signed_in(manager()), "standing=left", shared="everybody")
        view = SavedView.objects.get()
        form = {"name": "新名", "shared": "everybody"}

        page = signed_in(manager()).post(
            address("describe", view.pk), form, follow=True
        )
        assert "只有创建人可以修改" in page.content.decode()
        signed_in(make.user(role="admin")).post(address("describe", view.pk), form)

        view.refresh_from_db()
        assert view.name == "新名"
        assert AuditRow.objects.latest("pk").after == {"name": "新名"}


class TestWhatAListOpensWith:
    @pytest.fixture
    def view(self):
        keep(signed_in(make.user(role="admin")), "standing=left", shared="everybody")
        return SavedView.objects.get()

    def test_a_role_opens_it_with_what_is_meant_for_it(self, view):
        form = {"name": "流失", "shared": "everybody", "opens_for": "manager"}
        signed_in(view.by).post(address("describe", view.pk), form)

        answer = signed_in(manager()).get(LIST)

        assert answer.url == f"{LIST}?view={view.pk}&standing=left"
        assert signed_in(view.by).get(LIST).status_code == 200
        # a link to something else is not led astray
        assert signed_in(manager()).get(LIST, {"standing": "friend"}).status_code == 200

    def test_what_a_person_chose_comes_first(self, view):
        SavedView.objects.update(opens_for="manager")
        client = signed_in(manager())

        client.post(address("everything"), {"list": "contacts.contact"})
        assert client.get(LIST).status_code == 200

        client.post(address("opens", view.pk), {"opens": "yes"})
        assert client.get(LIST).status_code == 302
        assert client.get(LIST, {"view": "all"}).status_code == 200


def test_filters_that_exist_no_longer_are_named_and_passed_over():
    field = make.attribute("职业")
    client = signed_in(manager())
    keep(client, f"a{field.pk}=any&standing=left")
    field.archived_at = day(3)
    field.save()

    page = client.get(LIST, {"view": SavedView.objects.get().pk}, follow=True)

    assert page.status_code == 200
    assert page.redirect_chain[0][0].endswith("&standing=left")
    assert "已不存在的筛选条件：职业" in page.content.decode()


def test_a_row_that_exists_no_longer_is_marked_in_its_chip():
    tag = make.tag()
    client = signed_in(manager())
    keep(client, f"tag={tag.pk}")
    tag.delete()

    page = client.get(LIST, {"view": SavedView.objects.get().pk}, follow=True)

    assert [chip.is_lost for chip in page.context["cl"].chips] == [True]


def test_views_are_put_in_order_by_each_for_themselves():
    client = signed_in(manager())
    for name in ("一", "二", "三"):
        keep(client, "standing=left", name=name, shared="everybody")
    last = SavedView.objects.get(name="三")

    client.post(address("move", last.pk), {"earlier": "yes"})

    def tabs(of):
        return [view.name for view in of.get(LIST).context["tabs"].shown]

    assert tabs(client) == ["一", "三", "二"]
    managed = client.get(reverse("admin:lists_savedview_changelist")).context["cl"]
    assert [row["view"].name for row in managed.rows] == ["一", "三", "二"]
    assert tabs(signed_in(manager())) == ["一", "二", "三"]


def test_one_that_was_changed_on_the_page_can_be_saved_into():
    client = signed_in(manager())
    keep(client, "standing=left")
    view = SavedView.objects.get()

    page = client.get(LIST, {"view": view.pk, "standing": "friend"})
    assert page.context["tabs"].differs
    client.post(address("take_over", view.pk), {"query": "standing=friend&view=1"})

    view.refresh_from_db()
    assert view.query == "standing=friend"


def test_what_takes_long_to_count_is_estimated(monkeypatch):
    for _number in range(3):
        make.contact()
    slow = Contact.objects.extra(where=["pg_sleep(0.4) IS NOT NULL"])

    assert how_many(Contact.objects.all()) == "3"
    assert how_many(slow).startswith("约 ")


@pytest.mark.parametrize("path", ["/admin/orders/order/", "/admin/groups/groupchat/"])
def test_orders_and_groups_keep_views_too(path):
    client = signed_in(make.user(role="admin"))
    name = path.removeprefix("/admin/").strip("/").replace("/", ".")
    status = "paid" if "order" in path else "0"

    answer = keep(client, f"status={status}", list=name)

    assert answer.url.startswith(path)
    assert "我的视图" in client.get(answer.url).content.decode()


def make_department(number: int):
    return Department.objects.create(wecom_id=number, name=f"部门{number}")
