"""Steps, things and fields of a pull in words for people."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact
from apps.contacts.ways import AddWay
from apps.events.models import EventRecord
from apps.groups.models import GroupChat, Stay
from apps.staff.models import Employee
from apps.sync.called import Called
from apps.sync.models import Difference, Pull
from apps.sync.page import BETWEEN

STEPS = {
    "staff": _("employees and departments"),
    "tags": _("tags"),
    "contacts": _("contacts"),
    "leavers": _("contacts of leavers"),
    "groups": _("group chats"),
    "ways": _("channel codes"),
    "join_ways": _("codes of groups"),
    "lists": _("contact lists"),
    "sample": _("contacts drawn by lot"),
}

THINGS = {
    **STEPS,
    "follow": _("follow"),
    "contact": _("contact"),
    "employee": _("employee"),
    "department": _("department"),
    "posting": _("posting"),
    "tag": _("tag"),
    "taggroup": _("tag group"),
    "tag group": _("tag group"),
    "groupchat": _("group chat"),
    "group chat": _("group chat"),
    "group": _("group chat"),
    "stay": _("stay"),
    "way": _("channel code"),
    "inviteway": _("code of an invite"),
    "joinway": _("code of groups"),
}

FIELDS = {
    "name": _("name"),
    "kind": _("kind"),
    "gender": _("gender"),
    "avatar": _("avatar"),
    "position": _("position"),
    "company": _("company"),
    "union id": _("WeChat union id"),
    "remark": _("remark"),
    "description": _("description"),
    "remark company": _("remark: company"),
    "phones": _("phones"),
    "add way": _("came by"),
    "added by": _("started by"),
    "state": _("channel state"),
    "tags": _("tags"),
    "alias": _("alias"),
    "status": _("status"),
    "parent": _("parent department"),
    "order": _("order"),
    "group": _("tag group"),
    "notice": _("notice"),
    "owner": _("group owner"),
    "admins": _("group admins"),
    "departments": _("departments"),
    "main department": _("main department"),
    "serves": _("serves customers"),
    "leads": _("leads the department"),
    "rule group": _("rule group"),
    "member version": _("version of the member list"),
    "made at": _("created at"),
    "joined at": _("joined at"),
    "invited by": _("invited by"),
    "name in the group": _("name in the group"),
    "scene": _("how they came"),
    "user": _("people on the code"),
    "chat_id_list": _("groups behind the code"),
    "auto_create_room": _("WeCom opens new groups"),
    "room_base_name": _("name of new groups"),
    "room_base_id": _("number of the next group"),
    "skip_verify": _("added without asking"),
}

ANSWERS = {"True": _("yes"), "False": _("no")}
CHOICES: dict[tuple[str, str], Any] = {
    ("follow", "gender"): Contact.Gender,
    ("follow", "kind"): Contact.Kind,
    ("follow", "add way"): AddWay,
    ("employee", "status"): Employee.Status,
    ("groupchat", "status"): GroupChat.Status,
    ("stay", "scene"): Stay.Scene,
}

# The rows that a difference is about, for select_related.
ABOUT = ("contact", "employee", "group", "tag")


def step_in_words(name: str) -> Any:
    return STEPS.get(name, name)


def thing_in_words(name: str) -> Any:
    return THINGS.get(name, name)


def field_in_words(name: str) -> Any:
    return FIELDS.get(name, name)


def value_in_words(found: Difference, value: str, called: Called) -> Any:
    """WeCom's numbers, our yes and no, names for ids; all else is shown as it is."""
    if value in ANSWERS:
        return ANSWERS[value]
    choices = CHOICES.get((found.thing, found.field))
    if choices is None or not value.isdecimal() or int(value) not in choices.values:
        return called.value(found, value)
    return choices(int(value)).label


def all_in_words(differences: Iterable[Difference]) -> list[dict[str, Any]]:
    """Differences as a page shows them, each with the rows it is about."""
    differences = list(differences)
    called = Called(differences)
    return [in_words(found, called) for found in differences]


def in_words(found: Difference, called: Called) -> dict[str, Any]:
    named = {
        "contact": called.contact(found),
        "employee": found.employee,
        "group": found.group,
        "tag": found.tag,
    }
    return {
        **named,
        "named": bool(
            named["contact"] or (found.thing != "follow" and any(named.values()))
        ),
        "pk": found.pk,
        "thing": thing_in_words(found.thing),
        "kind": found.get_kind_display(),
        "subject": found.subject.split(BETWEEN),
        "field": field_in_words(found.field),
        "ours": value_in_words(found, found.ours, called),
        "theirs": value_in_words(found, found.theirs, called),
        "pull": found.pull_id,
    }


def kind_of_pull(pull: Pull) -> Any:
    """Everything, a part, the lists or a sample; and whether it only looks."""
    if pull.source == EventRecord.Source.FIRST_PULL:
        return pull.get_source_display()
    if pull.looks_only:
        return gettext("%(scope)s, check only") % {"scope": pull.get_scope_display()}
    return pull.get_scope_display()


def drift_in_words(pull: Pull) -> list[tuple[Any, Any]]:
    """What an audit says of all contacts, as a line of facts."""
    audit = pull.counts.get("audit")
    if not audit:
        return []
    words = {
        "drift": f"{audit['drift']:.2%}",
        "low": f"{audit['low']:.2%}",
        "high": f"{audit['high']:.2%}",
        "differing": audit["differing"],
        "contacts": f"{audit['contacts']:,}",
    }
    text = gettext(
        "%(drift)s (%(differing)s of %(contacts)s contacts differed; with 95%% "
        "certainty it is %(low)s to %(high)s of all)"
    )
    return [(_("drift"), text % words)]
