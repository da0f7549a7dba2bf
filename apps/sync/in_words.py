"""Steps, things and fields of a pull in words for people."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.sync.models import Difference

STEPS = {
    "staff": _("employees and departments"),
    "tags": _("tags"),
    "contacts": _("contacts"),
    "groups": _("group chats"),
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
}


def step_in_words(name: str) -> Any:
    return STEPS.get(name, name)


def thing_in_words(name: str) -> Any:
    return THINGS.get(name, name)


def field_in_words(name: str) -> Any:
    return FIELDS.get(name, name)


def in_words(found: Difference) -> dict[str, Any]:
    """A difference as a page shows it."""
    return {
        "pk": found.pk,
        "contact": found.contact,
        "thing": thing_in_words(found.thing),
        "kind": found.get_kind_display(),
        "subject": found.subject,
        "field": field_in_words(found.field),
        "ours": found.ours,
        "theirs": found.theirs,
        "pull": found.pull_id,
    }
