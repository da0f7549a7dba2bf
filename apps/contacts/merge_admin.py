"""The queue of possible duplicates, two contacts side by side, and merges to undo."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.common.addresses import of_one
from apps.common.admin import ReadOnlyAdmin, ScopedAdmin, shows_refusals
from apps.common.filters import Choice
from apps.common.listing import ListPage
from apps.contacts import proposals
from apps.contacts.merge import choosable, merge, who_stays
from apps.contacts.merge_models import Sign
from apps.contacts.models import Contact, Merge, Proposal
from apps.contacts.portrait import portraits
from apps.contacts.proposals import AlreadyDecided
from apps.contacts.side_by_side import (
    kinds_of,
    lines_of,
    sides_of,
    what_stays,
)
from apps.contacts.unmerge import undo

AGAIN_IN = timedelta(days=7)
WORDS = dict(Sign.choices)
Status = Proposal.Status


class DecisionFilter(Choice):
    """What is to be decided stands here unless something else is asked for."""

    title = _("decision")
    parameter_name = "decision"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("later", _("put off")),
            (Status.NEVER, Status.NEVER.label),
            (Status.MERGED, Status.MERGED.label),
        ]

    def queryset(self, request: Any, rows: Any) -> QuerySet:
        if self.value() is None:
            return rows.to_decide(at=timezone.now())
        return super().queryset(request, rows)

    def choices(self, changelist: Any) -> Any:
        """Without a choice it is not all."""
        first, *others = super().choices(changelist)
        yield {**first, "display": Status.OPEN.label}
        yield from others

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        if value == "later":
            return rows.filter(status=Status.OPEN, later_until__gt=timezone.now())
        return rows.filter(status=value)


def reasons_in_words(reasons: list[str]) -> list[str]:
    return [str(WORDS.get(reason, reason)) for reason in reasons]


@admin.register(Proposal)
class ProposalAdmin(ListPage, ScopedAdmin, ReadOnlyAdmin):
    page_template = "admin/contacts/proposal/page.html"
    rows_template = "admin/contacts/proposal/rows.html"
    list_filter = [DecisionFilter]
    list_select_related = ["low__owner", "high__owner"]
    ordering = ["-confidence", "-pk"]
    counted_as = _("%(count)s pairs")
    empty_title = _("Nobody seems to be here twice")
    empty_hint = _(
        "Contacts are compared as soon as they change, and all of them every night. "
        "Whoever may be the same person stands here, for you to decide."
    )
    empty_leads_to = ("admin:contacts_contact_changelist", _("To the contacts"))

    def rows(self, request: Any, found: list[Proposal]) -> list[dict[str, Any]]:
        people = [person for pair in found for person in (pair.low, pair.high)]
        drawn = portraits(people)
        return [
            {
                "proposal": pair,
                "people": [
                    (person, drawn[person.pk]) for person in (pair.low, pair.high)
                ],
                "reasons": reasons_in_words(pair.reasons),
            }
            for pair in found
        ]

    def page(self, request: Any, shown: Proposal) -> dict[str, Any]:
        pair = [shown.low, shown.high]
        winner = who_stays(*pair)
        return {
            "title": gettext("Are these two one person?"),
            "sides": sides_of(pair),
            "winner": winner,
            "lines": lines_of(pair, winner=winner),
            "kinds": kinds_of(pair),
            "reasons": reasons_in_words(shown.reasons),
            "may_decide": self.may_decide(request),
            "is_open": shown.status == Status.OPEN,
            "is_never": shown.status == Status.NEVER,
        }

    def may_decide(self, request: Any) -> bool:
        return request.user.has_perm("contacts.change_proposal")

    def get_urls(self) -> list:
        views = {
            "merge": self.merge_view,
            "never": self.never_view,
            "later": self.later_view,
            "again": self.again_view,
        }
        at = of_one(self)
        own = [at(name, require_POST(view), name) for name, view in views.items()]
        return [*own, *super().get_urls()]

    def decided(self, request: Any, pk: int) -> Proposal:
        """The pair that somebody decides about, who may, and sees both."""
        if not self.may_decide(request):
            raise PermissionDenied
        proposal = self.get_object(request, str(pk))
        if proposal is None:
            raise Http404
        return proposal

    def merge_view(self, request: Any, pk: int) -> HttpResponse:
        proposal = self.decided(request, pk)
        low, high = proposal.low, proposal.high
        swapped = request.POST.get("winner") == str(high.pk)
        winner, loser = (high, low) if swapped else (low, high)
        take = [
            field.name
            for field in choosable()
            if request.POST.get(f"field-{field.name}") == str(loser.pk)
        ]
        address = reverse("admin:contacts_proposal_change", args=[pk])
        with shows_refusals(request):
            if proposal.status != Status.OPEN:
                raise AlreadyDecided
            done = merge(
                winner=winner,
                loser=loser,
                take=take,
                by=request.user,
                at=timezone.now(),
                reasons=proposal.reasons,
            )
            told = gettext("Merged into %(name)s. It can be taken back at any time.")
            messages.success(request, told % {"name": winner})
            address = reverse("admin:contacts_merge_change", args=[done.pk])
        return redirect(address)

    def never_view(self, request: Any, pk: int) -> HttpResponse:
        proposal = self.decided(request, pk)
        with shows_refusals(request):
            proposals.never(proposal=proposal, by=request.user, at=timezone.now())
            messages.success(request, gettext("These two are not proposed again."))
        return self.on_to_the_next(request)

    def later_view(self, request: Any, pk: int) -> HttpResponse:
        proposal = self.decided(request, pk)
        with shows_refusals(request):
            now = timezone.now()
            proposals.later(
                proposal=proposal, until=now + AGAIN_IN, by=request.user, at=now
            )
            messages.success(request, gettext("You are asked again in a week."))
        return self.on_to_the_next(request)

    def again_view(self, request: Any, pk: int) -> HttpResponse:
        proposal = self.decided(request, pk)
        with shows_refusals(request):
            proposals.think_again(proposal=proposal, by=request.user, at=timezone.now())
        return redirect("admin:contacts_proposal_change", pk)

    def on_to_the_next(self, request: Any) -> HttpResponse:
        seen = Proposal.objects.visible_to(request.user)
        waiting = seen.to_decide(at=timezone.now())
        following = waiting.order_by("-confidence", "-pk").first()
        if following is None:
            return redirect("admin:contacts_proposal_changelist")
        return redirect("admin:contacts_proposal_change", following.pk)


@admin.register(Merge)
class MergeAdmin(ListPage, ReadOnlyAdmin):
    page_template = "admin/contacts/merge/page.html"
    rows_template = "admin/contacts/merge/rows.html"
    list_select_related = ["winner", "loser", "by", "undone_by"]
    ordering = ["-pk"]
    counted_as = _("%(count)s merges")
    empty_title = _("Nobody has been merged yet")
    empty_hint = _("Every merge stands here, and can be taken back.")
    empty_leads_to = (
        "admin:contacts_proposal_changelist",
        _("To the possible duplicates"),
    )

    def get_queryset(self, request: Any) -> QuerySet:
        """Merges of whom the visitor sees: the winner, or into whom they went on."""
        rows = super().get_queryset(request)
        if not request.user.has_perm("contacts.view_merge"):
            return rows.none()
        seen = Contact.objects.visible_to(request.user)
        return rows.filter(
            Exists(seen.filter(pk=OuterRef("winner")))
            | Exists(seen.filter(merged_contacts=OuterRef("winner")))
        )

    def rows(self, request: Any, found: list[Merge]) -> list[dict[str, Any]]:
        return [
            {"merge": one, "reasons": reasons_in_words(one.reasons)} for one in found
        ]

    def page(self, request: Any, shown: Merge) -> dict[str, Any]:
        by_name = {line.model: line for line in shown.moved.all()}
        moved = sum(len(line.moved) + len(line.risen) for line in by_name.values())
        return {
            "title": f"{shown.loser} → {shown.winner}",
            "reasons": reasons_in_words(shown.reasons),
            "moved": moved,
            "stays": what_stays(shown),
            "may_undo": self.may_undo(request) and shown.undone_at is None,
        }

    def may_undo(self, request: Any) -> bool:
        return request.user.has_perm("contacts.change_merge")

    def get_urls(self) -> list:
        undo = of_one(self)("undo", require_POST(self.undo_view), "undo")
        return [undo, *super().get_urls()]

    def undo_view(self, request: Any, pk: int) -> HttpResponse:
        if not self.may_undo(request):
            raise PermissionDenied
        found = self.get_object(request, str(pk))
        if found is None:
            raise Http404
        with shows_refusals(request):
            undo(merge=found, by=request.user, at=timezone.now())
            messages.success(
                request,
                gettext("The merge was taken back: they are two contacts again."),
            )
        return redirect("admin:contacts_merge_change", pk)


# --- on the page of a contact ---------------------------------------------------------


def duplicates_of(contact: Contact, request: Any) -> dict[str, Any]:
    """How many may be the same person, and what was merged into this one."""
    pairs = Proposal.objects.visible_to(request.user).to_decide(at=timezone.now())
    pairs = pairs.filter(Q(low=contact) | Q(high=contact)).order_by("-confidence")
    first, *others = pairs.values_list("pk", flat=True)[:10] or [None]
    merges = Merge.objects.none()
    if request.user.has_perm("contacts.view_merge"):
        merges = Merge.objects.filter(winner=contact, undone_at__isnull=True)
    return {
        "possible": first,
        "possible_count": len(others) + (first is not None),
        "merges": list(merges.select_related("loser")[:5]),
    }


def winner_behind(request: Any, number: str) -> Contact | None:
    """Into whom this contact was merged, if the visitor may see that one."""
    if not number.isdecimal() or len(number) > 18:
        return None
    seen = Contact.objects.visible_to(request.user)
    return seen.filter(merged_contacts=int(number)).first()


def lead_on(request: Any, winner: Contact) -> HttpResponse:
    messages.info(request, gettext("This contact was merged into %s.") % winner)
    return redirect(reverse("admin:contacts_contact_change", args=[winner.pk]))
