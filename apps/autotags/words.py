"""What the builder of tag rules is told: the scenes, and the names in a rule."""

from collections.abc import Mapping
from typing import Any

from apps.autotags.scenes import SCENES
from apps.rules.explain import names_of
from apps.rules.fields import Option
from apps.rules.operators import Kind
from apps.segments.scenes import MONEY
from apps.segments.words import choices_of, names_for, picks_of
from apps.staff.models import User

TAG = "tags.tag"


def scenes_for() -> list[dict[str, Any]]:
    return [
        {
            "name": scene.name,
            "title": str(scene.title),
            "options": [word(option) for option in scene.narrows],
        }
        for scene in SCENES.values()
    ]


def word(option: Option) -> dict[str, Any]:
    return {
        "name": option.name,
        "title": str(option.title),
        "shape": str(option.shape),
        "kind": str(Kind.MONEY) if option.name in MONEY else "",
        "required": option.required,
        "choices": choices_of(option),
        "picks": picks_of(option.model),
        "model": option.model,
    }


def tag_word() -> dict[str, Any]:
    return {"choices": [], "picks": picks_of(TAG), "model": TAG, "shape": "picks"}


def names_in(told: Mapping[str, Any], *, user: User) -> dict[str, dict[int, str]]:
    """Of all that the conditions and the scene name, and of the tags."""
    rule = told["rule"]
    found = {
        model: dict(names)
        for model, names in (names_for(rule, user=user) if rule else {}).items()
    }
    wanted = {TAG: told["tags"]}
    for option in SCENES[told["scene"]].narrows:
        chosen = told["narrowed"].get(option.name)
        if option.model and isinstance(chosen, list):
            wanted[option.model] = [n for n in chosen if isinstance(n, int)]
    for model, numbers in wanted.items():
        found.setdefault(model, {}).update(names_of(model, numbers, user=user))
    return found
