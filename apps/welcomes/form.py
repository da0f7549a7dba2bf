"""What the form of a welcome is told, and how the message looks on a phone."""

import json
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.problems import Problem, by_field
from apps.staff.models import Department, Employee, User
from apps.wecom.media import trouble_of
from apps.wecom.models import Media
from apps.welcomes.content import (
    FILES,
    Attachment,
    Content,
    Message,
    NotAWelcome,
    files_named,
)
from apps.welcomes.fill import fill, values_at
from apps.welcomes.models import Welcome

LONGEST = 200_000  # characters
KINDS = {
    "image": _("picture"),
    "link": _("link"),
    "miniprogram": _("mini-program"),
    "video": _("video"),
    "file": _("file"),
}
TITLES = {
    **KINDS,
    "picture": _("its picture, PNG or JPG"),
    "choose": _("choose a file"),
    "hours": _("Other words at certain hours"),
    "dates": _("Other words on special dates"),
    "failed": _("That did not work. Try again."),
}


def told_in(text: str | bytes) -> dict[str, Any]:
    """JSON that the form sent, if it is some."""
    try:
        found = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NotAWelcome([Problem("text", gettext("The form was not understood."))])
    return found


def numbers_in(told: dict[str, Any], name: str) -> list[int]:
    rows = told.get(name)
    found = rows if isinstance(rows, list) else []
    return [n for n in found if type(n) is int and 0 < n < 2**62]


def blank() -> dict[str, Any]:
    return {"text": "", "attachments": [], "times": []}


def form_data(
    told: dict[str, Any],
    *,
    employees: list[int],
    departments: list[int],
    problems: list[Problem],
) -> dict[str, Any]:
    files = Media.objects.filter(pk__in=files_named(told)).defer("content")
    return {
        "told": told,
        "employees": names(Employee.objects.filter(pk__in=employees)),
        "departments": names(Department.objects.filter(pk__in=departments)),
        "files": {file.pk: about_file(file) for file in files},
        "problems": by_field(problems),
        "picks": {
            "people": reverse("admin:staff_employee_picks"),
            "departments": reverse("admin:staff_department_picks"),
        },
        "titles": {name: str(words) for name, words in TITLES.items()},
        "preview": reverse("admin:welcomes_welcome_preview"),
        "media": reverse("admin:welcomes_welcome_media"),
        "try_out": reverse("admin:welcomes_welcome_try_out"),
    }


def names(rows: Any) -> list[dict[str, Any]]:
    return [{"id": row.pk, "text": str(row)} for row in rows]


def about_file(file: Media) -> dict[str, Any]:
    return {"id": file.pk, "name": file.name, "kind": file.kind, "size": file.size}


def greeters_of(welcome: Welcome | None) -> tuple[list[int], list[int]]:
    rows = list(welcome.greeters.order_by("pk")) if welcome else []
    return (
        [row.employee_id for row in rows if row.employee_id],
        [row.department_id for row in rows if row.department_id],
    )


# --- on a phone -----------------------------------------------------------------------


def phone_of(
    message: Message, *, user: User, at: datetime, is_known: bool = False
) -> dict[str, Any]:
    """A message as its bubbles; names as they would stand there."""
    employee = user.employee
    values = values_at(
        at,
        nickname=gettext("Ms Lin") if is_known else "",
        employee=employee.name if employee else gettext("(the employee)"),
        position=employee.position if employee else gettext("(position)"),
    )
    wanted = {one.media for one in message.attachments if one.media is not None}
    files = Media.objects.defer("content").in_bulk(wanted) if wanted else {}
    return {
        "text": fill(message.text, values),
        "bubbles": [bubble(one, files, at=at) for one in message.attachments],
    }


def bubble(one: Attachment, files: dict[int, Media], *, at: datetime) -> dict[str, Any]:
    file = files.get(one.media or 0)
    return {
        "kind": one.kind,
        "one": one,
        "file": file,
        "trouble": trouble_of(file, at=at) if file else "",
        "is_picture": file is not None and file.kind == Media.Kind.IMAGE,
        "is_file": one.kind in FILES,
    }


def phones_of(content: Content, *, user: User, at: datetime) -> list[dict[str, Any]]:
    """The ordinary message, and each for its hours."""
    wholes = [("", content.message)]
    wholes += [(part.title, part.message) for part in content.parts]
    return [
        {"title": title, **phone_of(message, user=user, at=at)}
        for title, message in wholes
    ]
