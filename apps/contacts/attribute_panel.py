"""The fields of a contact on the page, in three groups; a form to fill them in.

The form carries what its reader has seen. A field that somebody else has changed since
is not overwritten: the form says so, and whoever saves once more has chosen.
"""

from collections.abc import Container
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.contacts.attribute_models import Attribute
from apps.contacts.attribute_words import Known, known_of
from apps.contacts.attributes import Told, set_values
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, MAIN
from apps.contacts.reading_values import Field, NotOfTheField, fields_of, read_value
from apps.events.models import EventRecord
from apps.staff.models import User

Face, Type = Attribute.Face, Attribute.Type
TYPED = {  # how a phone's keyboard and a date picker help
    Type.NUMBER: {"inputmode": "decimal"},
    Type.MONEY: {"inputmode": "decimal"},
    Type.DATE: {"type": "date"},
}


@CONTACT_PAGE.panel(
    MAIN,
    order=15,
    title=_("Attributes"),
    template="admin/contacts/contact/attributes.html",
    permission="contacts.view_attributevalue",
)
def attributes_of(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    """Nothing where the company keeps no fields of its own."""
    known = known_of(contact.pk, at=timezone.now())
    if not any(known.values()):
        return None
    return {
        "contact": contact,
        "faces": [(Face(face).label, rows) for face, rows in known.items() if rows],
        "may_edit": request.user.has_perm("contacts.change_attributevalue"),
    }


class AttributesForm(forms.Form):
    """A line for each field in use, or for those of `only`; what is other than before
    is written."""

    def __init__(
        self,
        data: Any,
        *,
        contact: Contact,
        at: datetime,
        only: Container[int] | None = None,
    ) -> None:
        self.contact, self.at = contact, at
        self.stale: set[int] = set()
        rows = [row for rows in known_of(contact.pk, at=at).values() for row in rows]
        self.known = {
            row.attribute.pk: row
            for row in rows
            if not row.attribute.archived_at
            and (only is None or row.attribute.pk in only)
        }
        self.of = {
            field.attribute.pk: replace(
                field, options=field.options | self.known[field.attribute.pk].chosen
            )
            for field in fields_of(row.attribute for row in self.known.values())
        }
        self.told: list[Told] = []
        initial = {name_of(pk): self.first(pk) for pk in self.known}
        super().__init__(data and data.copy(), initial=initial, auto_id="%s")
        for pk in self.known:
            self.fields[name_of(pk)] = line(self.of[pk])
            self.fields[name_of(pk)].show_hidden_initial = True

    def first(self, pk: int) -> Any:
        """What stands there at first, as it may be written again."""
        known = self.known[pk]
        if known.value is None:
            return None
        if known.attribute.type == Type.CHOICES:
            return list(known.chosen)
        if known.attribute.type in (Type.NUMBER, Type.MONEY):
            return known.words.replace(",", "").replace("¥", "")
        return known.words

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for pk, field in self.of.items():
            if name_of(pk) not in self.changed_data or name_of(pk) not in cleaned:
                continue
            if self.was_changed(pk):
                self.add_error(name_of(pk), in_between(self.known[pk]))
                continue
            try:
                value = read_value(field, cleaned[name_of(pk)] or None)
            except NotOfTheField as refusal:
                self.add_error(name_of(pk), str(refusal))
            else:
                self.told.append(Told(self.contact.pk, pk, value))
        return cleaned

    def was_changed(self, pk: int) -> bool:
        """Since it was seen; from now on, what it is now has been seen."""
        hidden = self.fields[name_of(pk)].hidden_widget()
        name = self.add_initial_prefix(name_of(pk))
        seen = hidden.value_from_datadict(self.data, self.files, name)
        now = self.first(pk)
        if (seen or None) == (now or None):
            return False
        self.stale.add(pk)
        told: Any = self.data  # a copy of our own
        told.setlist(name, now if isinstance(now, list) else [now or ""])
        return True

    def save(self, *, by: User) -> int:
        """How many fields are other than before."""
        person = EventRecord.Source.PERSON
        return len(set_values(self.told, source=person, at=self.at, by=by))

    def lines(self) -> list[tuple[Any, list[tuple[Any, Any]]]]:
        """By face: the field as it is known, and its input."""
        return [
            (
                Face(face).label,
                [
                    (known, self[name_of(pk)])
                    for pk, known in self.known.items()
                    if known.attribute.face == face
                ],
            )
            for face in Face.values
            if any(known.attribute.face == face for known in self.known.values())
        ]


def in_between(known: Known) -> str:
    if known.value is None:
        return gettext("Somebody has emptied this meanwhile.")
    by = known.value.by
    who = (by.get_full_name() or str(by)) if by else known.value.get_source_display()
    words = {"who": who, "value": known.words}
    return gettext("%(who)s has changed this to “%(value)s” meanwhile.") % words


def fill_in(
    data: Any,
    *,
    contact: Contact,
    by: User,
    at: datetime,
    only: Container[int] | None = None,
) -> AttributesForm:
    """The form; what it says is written if it is valid. Two who save at once do so one
    after the other, so that the second sees what the first has written."""
    with transaction.atomic():
        if data:
            Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        form = AttributesForm(data, contact=contact, at=at, only=only)
        if data and form.is_valid():
            form.save(by=by)
    return form


def name_of(pk: int) -> str:
    return f"attribute{pk}"


def line(of: Field) -> forms.Field:
    options = [(name, name) for name in of.options]
    match of.attribute.type:
        case Type.CHOICES:
            boxes = forms.CheckboxSelectMultiple(attrs={"class": "boxes"})
            return forms.MultipleChoiceField(
                choices=options, required=False, widget=boxes
            )
        case Type.CHOICE:
            return select([("", "--"), *options])
        case Type.YES_NO:
            return select(
                [("", "--"), (str(_("yes")), _("yes")), (str(_("no")), _("no"))]
            )
    attrs = {"class": "input", **TYPED.get(Type(of.attribute.type), {})}
    return forms.CharField(required=False, widget=forms.TextInput(attrs=attrs))


def select(choices: list[tuple[Any, Any]]) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "input"})
    return forms.ChoiceField(choices=choices, required=False, widget=widget)
