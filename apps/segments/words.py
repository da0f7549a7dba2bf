"""What the builder is told: the words of the language, and the names in a rule."""

from collections.abc import Mapping
from typing import Any

from django.urls import NoReverseMatch, reverse

from apps.rules.explain import names_in
from apps.rules.fields import Field, Option, offered_to
from apps.rules.tree import NotUnderstood, read
from apps.staff.models import User


def words_for(user: User) -> list[dict[str, Any]]:
    """Without those that have nothing to choose from yet."""
    offered = [f for f in offered_to(user) if f.choices is None or f.choices()]
    return [word(field) for field in offered]


def suggestions_for(user: User) -> dict[str, list[str]]:
    """Texts that are in use already, by the name of the option."""
    asked = {
        option.name: option.suggestions
        for field in offered_to(user)
        for option in field.options
        if option.suggestions
    }
    return {name: suggestions() for name, suggestions in asked.items()}


def word(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "title": str(field.title),
        "group": str(field.group),
        "kind": str(field.kind),
        "choices": choices_of(field),
        "picks": picks_of(field.model),
        "model": field.model,
        "ops": [
            {"name": op.name, "title": str(op.title), "shape": str(op.shape)}
            for op in field.operators.values()
        ],
        "options": [
            {
                "name": option.name,
                "title": str(option.title),
                "shape": str(option.shape),
                "choices": choices_of(option),
                "picks": picks_of(option.model),
                "model": option.model,
                "suggests": option.suggestions is not None,
            }
            for option in field.options
        ],
    }


def choices_of(of: Field | Option) -> list[tuple[Any, str]]:
    return [
        (v, str(words)) for v, words in (of.choices() if of.choices else {}).items()
    ]


def picks_of(model: str) -> str:
    """Where rows are found by typing; nowhere for a list that nobody picks from."""
    if not model:
        return ""
    try:
        return reverse(f"admin:{model.replace('.', '_')}_picks")
    except NoReverseMatch:
        return ""


def names_for(rule: Any, *, user: User) -> Mapping[str, Mapping[int, str]]:
    try:
        return names_in(read(rule), user=user)
    except NotUnderstood:
        return {}
