"""What points may be earned for; and the scene of others that wait for a grade."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.contacts.events import FollowEnded
from apps.followups.events import FollowedUp, StageChanged
from apps.groups.events import GroupLeft
from apps.rules.fields import Option
from apps.rules.shapes import Shape
from apps.scoring.events import GradeChanged
from apps.scoring.grades import GRADES
from apps.segments.scenes import HAPPENINGS, Scene, fact_in, scene_among


def directions() -> dict[str, Any]:
    return {"better": _("for the better"), "worse": _("for the worse")}


def grades() -> dict[str, str]:
    return {grade: grade for grade in GRADES}


def fact_among(*, name: str, fact: str, title: Any, choices: Any) -> Option:
    return Option(
        name=name,
        title=title,
        shape=Shape.CHOICES,
        choices=choices,
        sql=f"row.facts->>'{fact}' = ANY(%({name})s)",
    )


GRADED = Scene(
    name="grade",
    title=_("came into another grade"),
    event=GradeChanged,
    options=(
        fact_among(
            name="grades", fact="grade", title=_("into the grades"), choices=grades
        ),
        fact_among(
            name="ways", fact="ends", title=_("in which direction"), choices=directions
        ),
    ),
)


def enders() -> dict[str, Any]:
    return {"contact": _("the contact"), "employee": _("the employee")}


EARNING: dict[str, Scene] = {
    **HAPPENINGS,
    **{
        scene.name: scene
        for scene in (
            Scene(
                name="unfollow",
                title=_("a connection ended"),
                event=FollowEnded,
                fact="follow_id",
                options=(
                    fact_among(
                        name="enders",
                        fact="ended_by",
                        title=_("ended by"),
                        choices=enders,
                    ),
                ),
            ),
            Scene(
                name="group_left",
                title=_("left a group"),
                event=GroupLeft,
                fact="stay_id",
                options=(
                    fact_in(
                        name="groups",
                        fact="group_id",
                        title=_("group chats"),
                        model="groups.groupchat",
                    ),
                ),
            ),
            Scene(
                name="note",
                title=_("was followed up"),
                event=FollowedUp,
                fact="note_id",
            ),
            Scene(
                name="stage",
                title=_("came into another stage"),
                event=StageChanged,
                options=(
                    fact_in(
                        name="stages",
                        fact="stage_id",
                        title=_("stages"),
                        model="followups.stage",
                    ),
                ),
            ),
        )
    },
}


def scene_called(name: Any) -> Scene:
    return scene_among(EARNING, name)
