"""What features and their values are called on screen."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.channels.models import Channel
from apps.contacts.models import Attribute, AttributeChoice, Contact
from apps.contacts.ways import AddWay
from apps.followups.models import Stage
from apps.scoring.bins import Bins, Feature
from apps.tags.models import Tag

NAMES = {
    "known_for": _("days since we met them"),
    "gender": _("gender"),
    "kind": _("kind of contact"),
    "has_company": _("company is known"),
    "follows": _("employees ever connected"),
    "friends": _("employees connected"),
    "leaves": _("left an employee"),
    "met": _("days since an employee was added"),
    "came_by": _("came by"),
    "entries": _("entries by codes"),
    "channel": _("first channel"),
    "groups": _("groups ever joined"),
    "in_groups": _("groups they are in"),
    "orders": _("paid orders"),
    "last_order": _("days since the last order"),
    "first_order": _("days since the first order"),
    "spent": _("spent, in yuan"),
    "discounted": _("share of orders with a discount"),
    "unpaid": _("orders of 30 days that are not paid"),
    "notes": _("follow-ups"),
    "new_notes": _("follow-ups in 30 days"),
    "last_note": _("days since the last follow-up"),
    "steps_done": _("steps that were done"),
    "steps_open": _("steps that are open"),
    "steps_late": _("steps that were late"),
    "lead_age": _("days since the lead was opened"),
    "stage": _("stage"),
    "acts": _("acts in 90 days"),
    "acts_7": _("acts in 7 days"),
    "acts_30": _("acts in 30 days"),
    "last_act": _("days since the last act"),
    "tags": _("number of tags"),
}
YES_NO = {"yes": _("yes"), "no": _("no"), "true": _("yes"), "false": _("no")}


class Words:
    """Names of the rows that these features speak of, read at once."""

    def __init__(self, names: Iterable[str]) -> None:
        of: dict[str, list[int]] = {"tags": [], "attributes": []}
        for name in names:
            kind, _colon, which = name.partition(":")
            if kind in of and which.isdecimal():
                of[kind].append(int(which))
        self.tags = dict(
            Tag.objects.filter(pk__in=of["tags"]).values_list("pk", "name")
        )
        fields = Attribute.objects.filter(pk__in=of["attributes"])
        self.fields = dict(fields.values_list("pk", "name"))
        self._rows: dict[str, Mapping[int, Any]] = {}

    def title(self, name: str) -> str:
        kind, _colon, which = name.partition(":")
        if kind == "kinds":
            return gettext("acts “%(kind)s”") % {"kind": which}
        if kind == "tags" and which:
            return gettext("tag “%(tag)s”") % {"tag": self.tags.get(int(which), which)}
        if kind == "attributes":
            return self.fields.get(int(which), which)
        return str(NAMES.get(name, name))

    def value(self, feature: Feature, row: int) -> str:
        """What bin it is, in words."""
        if row == 0:
            return gettext("unknown or none")
        if feature.levels:
            return self.level(feature.name, feature.levels[row - 1])
        if feature.name.startswith("tags:"):
            return gettext("yes") if row == feature.many - 1 else gettext("no")
        edges = feature.edges
        low, high = (edges[row - 2] if row > 1 else None), edges[row - 1 : row]
        if low is None and not high:
            return gettext("known")
        if low is None:
            return f"< {short(high[0])}"
        if not high:
            return f"≥ {short(low)}"
        return f"{short(low)} – {short(high[0])}"

    def level(self, name: str, level: str) -> str:
        if level in YES_NO:
            return str(YES_NO[level])
        if not level.isdecimal():
            return level
        return str(self.rows(name).get(int(level), level))

    def rows(self, name: str) -> Mapping[int, Any]:
        """Names of what numbers of this feature stand for."""
        if name not in self._rows:
            self._rows[name] = names_of(name)
        return self._rows[name]


def names_of(name: str) -> Mapping[int, Any]:
    if name == "gender":
        return dict(Contact.Gender.choices)
    if name == "kind":
        return dict(Contact.Kind.choices)
    if name == "came_by":
        return dict(AddWay.choices)
    if name == "channel":
        return dict(Channel.objects.values_list("pk", "name"))
    if name == "stage":
        return dict(Stage.objects.values_list("pk", "name"))
    field = name.removeprefix("attributes:")
    rows = AttributeChoice.objects.filter(attribute_id=field)
    return dict(rows.values_list("pk", "name")) if field.isdecimal() else {}


def short(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")


def factors(
    parts: list[tuple[Feature, float]], learned_features: Any, row: Bins, *, many: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The most telling ones, for the outcome and against it."""
    place = {each.name: n for n, each in enumerate(learned_features)}
    words = Words(feature.name for feature, _value in parts)
    told: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    most = max((abs(value) for _feature, value in parts), default=0) or 1
    for feature, value in parts:
        side = told[0] if value > 0 else told[1]
        if len(side) < many and abs(value) > most / 50:
            side.append(
                {
                    "title": words.title(feature.name),
                    "value": words.value(feature, int(row[place[feature.name]])),
                    "share": round(abs(value) / most * 100),
                }
            )
    return told
