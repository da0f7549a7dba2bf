"""The page of skills: which there are, who has them, and the form to change it."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.assignment.skills import NoSuchSkill, know, known
from apps.audit import telling
from apps.channels.form import whole
from apps.common.admin import shows_refusals
from apps.common.filters import whole_number
from apps.tags.models import Tag

telling.FIELDS.update({"skilled": _("who has the skill")})
ADDRESS = "admin:assignment_assignmentrule_skills"


def page(request: HttpRequest, *, may_change: bool, frame: dict) -> HttpResponse:
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        change(request)
        return redirect(ADDRESS)
    skills = known()
    context: dict[str, Any] = {
        **frame,
        "title": gettext("Skills"),
        "may_change": may_change,
        "skills": skills,
        "data": {
            "skills": [
                {
                    "id": tag.pk,
                    "text": str(tag),
                    "people": [{"id": each.pk, "text": str(each)} for each in people],
                }
                for tag, people in skills
            ],
            "picks": {
                "people": reverse("admin:staff_employee_picks"),
                "tags": reverse("admin:tags_tag_picks"),
            },
        },
    }
    return TemplateResponse(
        request, "admin/assignment/assignmentrule/skills.html", context
    )


def change(request: HttpRequest) -> None:
    """What the form says of one skill."""
    try:
        people = whole(json.loads(request.POST.get("people", "[]")))
    except ValueError:
        people = []
    with shows_refusals(request):
        number = whole_number(request.POST.get("tag", "")) or 0
        tag = Tag.objects.filter(pk=number).first()
        if tag is None:
            raise NoSuchSkill
        know(tag=tag, employees=people, by=request.user, at=timezone.now())
        words = gettext("Kept: who has the skill “%(skill)s”.")
        messages.success(request, words % {"skill": tag})
