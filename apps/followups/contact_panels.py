"""What follow-ups bring to the contact page: notes, and when the last was written.

Leads and tasks are in lead_panels.py.
"""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.admin import shows_refusals
from apps.common.filters import Choice
from apps.common.panels import shared
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, FACT, MAIN, NEXT, Look, Next, theme
from apps.followups import lead_panels as lead_panels  # adds its own
from apps.followups.models import LONGEST, Note, NotePicture
from apps.followups.note_pictures import LARGEST, jpeg_of
from apps.followups.note_pictures import MOST as MOST_PICTURES
from apps.followups.write_down import rewrite, take_out, write_down

SHOWN = 3  # notes of a contact; the others unfold
MOST = 50
NEW = timedelta(days=7)  # somebody who has just come should hear from us

theme("notes", title=_("Notes"), looks={"FollowedUp": Look("edit_note", "good")})


@CONTACT_PAGE.filter
class FollowedUpFilter(Choice):
    """Whether somebody wrote about them lately, or ever."""

    title = _("follow-ups")
    parameter_name = "notes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("week", _("within 7 days")),
            ("month", _("within 30 days")),
            ("none", _("never")),
        ]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        notes = Note.objects.filter(contact=OuterRef("pk"))
        if value == "none":
            return contacts.filter(~Exists(notes))
        since = timezone.now() - timedelta(days=7 if value == "week" else 30)
        return contacts.filter(Exists(notes.filter(written_at__gte=since)))


def notes_of(contact: Contact) -> list[Note]:
    notes = Note.objects.filter(contact=contact).select_related("author")
    ordered = notes.order_by("-written_at", "-pk").prefetch_related(
        Prefetch("pictures", NotePicture.objects.defer("sealed").order_by("pk"))
    )
    return shared(contact, "notes", lambda: list(ordered[:MOST]))


@CONTACT_PAGE.panel(
    FACT,
    order=40,
    title=_("last follow-up"),
    template="admin/common/fact_ago.html",
    permission="followups.view_note",
)
def last_note(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    last = next(iter(notes_of(contact)), None)
    return {"at": last.written_at if last else None}


@CONTACT_PAGE.panel(
    NEXT,
    order=20,
    title=_("follow-ups"),
    template="",
    permission="followups.view_note",
)
def who_is_new(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    """Somebody new, of whom nobody has written anything yet."""
    is_new = timezone.now() - contact.added_at < NEW
    if not is_new or contact.standing != Contact.Standing.FRIEND:
        return None
    if notes_of(contact):
        return None
    words = gettext("New: say hello, and write down what was said")
    return {"lines": [Next(words, "waving_hand", "#note-text")]}


@CONTACT_PAGE.panel(
    MAIN,
    order=5,
    title=_("Notes"),
    template="admin/followups/panel.html",
    permission="followups.view_note",
)
def notes_panel(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    notes = [
        {"note": note, "is_mine": note.is_of(request.user)}
        for note in notes_of(contact)
    ]
    return {
        "contact": contact,
        "notes": notes[:SHOWN],
        "more": notes[SHOWN:],
        "longest": LONGEST,
        "may_write": request.user.has_perm("followups.add_note"),
    }


# --- doors ----------------------------------------------------------------------------


@CONTACT_PAGE.door("notes", name="notes", permission="followups.view_note")
@require_safe
def show(request: HttpRequest, contact: Contact) -> HttpResponse:
    """The panel alone, as it is now."""
    return panel(request, contact)


@CONTACT_PAGE.door("notes/write", name="note_write", permission="followups.add_note")
@require_POST
def write(request: HttpRequest, contact: Contact) -> HttpResponse:
    files = request.FILES.getlist("pictures")
    with shows_refusals(request):
        write_down(
            text=request.POST.get("text", ""),
            about=contact,
            by=request.user,
            at=timezone.now(),
            pictures=[each.read(LARGEST + 1) for each in files[: MOST_PICTURES + 1]],
        )
    return answered(request, contact)


@CONTACT_PAGE.door(
    "notes/pictures/<int:picture>",
    name="note_picture",
    permission="followups.view_note",
)
@require_safe
def show_picture(request: HttpRequest, contact: Contact, picture: int) -> HttpResponse:
    kept = NotePicture.objects.filter(note__contact=contact, pk=picture).first()
    if kept is None:
        raise Http404
    headers = {
        "Content-Disposition": f'inline; filename="{kept.pk}.jpg"',
        "Cache-Control": "private, max-age=3600",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(jpeg_of(kept), content_type="image/jpeg", headers=headers)


@CONTACT_PAGE.door(
    "notes/<int:note>/rewrite", name="note_rewrite", permission="followups.change_note"
)
@require_POST
def change(request: HttpRequest, contact: Contact, note: int) -> HttpResponse:
    text = request.POST.get("text", "")
    with shows_refusals(request):
        kept = note_about(contact, note)
        rewrite(note=kept, text=text, by=request.user, at=timezone.now())
    return answered(request, contact)


@CONTACT_PAGE.door(
    "notes/<int:note>/delete", name="note_delete", permission="followups.delete_note"
)
@require_POST
def delete(request: HttpRequest, contact: Contact, note: int) -> HttpResponse:
    with shows_refusals(request):
        kept = note_about(contact, note)
        take_out(note=kept, by=request.user, at=timezone.now())
        messages.success(request, gettext("The note was deleted."))
    return answered(request, contact)


def note_about(contact: Contact, number: int) -> Note:
    note = Note.objects.filter(contact=contact, pk=number).first()
    if note is None:
        raise Http404
    return note


def answered(request: HttpRequest, contact: Contact) -> HttpResponse:
    """The panel, to whoever asked for it without leaving the page; else the page."""
    if request.headers.get("HX-Request") == "true":
        return panel(request, contact)
    return redirect("admin:contacts_contact_change", contact.pk)


def panel(request: HttpRequest, contact: Contact) -> HttpResponse:
    context = {"facts": notes_panel(contact, request), "told": True}
    return TemplateResponse(request, "admin/followups/panel.html", context)
