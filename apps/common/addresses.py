"""Addresses of our own beside Django's: for the signed-in, named by the model."""

from collections.abc import Callable

from django.contrib.admin import ModelAdmin
from django.http import HttpResponse
from django.urls import URLPattern, path

At = Callable[[str, Callable[..., HttpResponse], str], URLPattern]


def beside(door: ModelAdmin) -> At:
    """`at(route, view, name)`, for the get_urls of a door."""

    def at(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        name = f"{door.opts.app_label}_{door.opts.model_name}_{name}"
        return path(route, door.admin_site.admin_view(view), name=name)

    return at


def of_one(door: ModelAdmin) -> At:
    """The same for what is asked of one row: the view is given its `pk`."""
    at = beside(door)
    return lambda route, view, name: at(f"<int:pk>/{route}/", view, name)
