"""The sections of the sidebar, in the order a person works, shown by permission."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    """A page of the sidebar: the list of a model, such as "contacts.contact", or
    another page of its door."""

    model: str
    title: Any
    icon: str
    page: str = "changelist"


@dataclass(frozen=True)
class Section:
    title: Any
    entries: tuple[Entry, ...]


SECTIONS = (
    Section(
        _("Contacts"),
        (
            Entry("contacts.contact", _("Contacts"), "group"),
            Entry("contacts.proposal", _("Possible duplicates"), "join_inner"),
            Entry("contacts.merge", _("Merges"), "merge"),
            Entry("groups.groupchat", _("Group chats"), "forum"),
            Entry("tags.taggroup", _("Tags"), "sell"),
            Entry("segments.segment", _("Segments"), "group_work"),
            Entry("autotags.tagrule", _("Tag rules"), "new_label"),
            Entry("contacts.attribute", _("Fields"), "list_alt"),
            Entry("imports.import", _("Imports"), "upload_file"),
            Entry("lists.savedview", _("Views"), "bookmarks"),
            Entry("lists.batch", _("Batches"), "checklist"),
            Entry("exports.export", _("Exports"), "download"),
        ),
    ),
    Section(
        _("Getting customers"),
        (
            Entry("channels.channel", _("Channel codes"), "qr_code_2"),
            Entry("welcomes.welcome", _("Welcomes"), "waving_hand"),
            Entry("welcomes.greeting", _("Greetings"), "mark_chat_read"),
            Entry("joins.groupcode", _("Codes of groups"), "group_add"),
            Entry("posters.poster", _("Posters"), "image"),
            Entry("assignment.pool", _("Pool"), "waves"),
            Entry("assignment.assignmentrule", _("Assignment rules"), "alt_route"),
        ),
    ),
    Section(
        _("Sales"),
        (
            Entry("followups.lead", _("Leads"), "view_kanban"),
            Entry("followups.stage", _("Stages"), "linear_scale"),
            Entry("followups.notice", _("Notices"), "notifications"),
            Entry("errands.errand", _("Errands"), "assignment_ind"),
            Entry("orders.order", _("Orders"), "receipt_long"),
            Entry("orders.product", _("Products"), "inventory_2"),
            Entry("scoring.scorerule", _("Scores"), "social_leaderboard"),
            Entry("scoring.lifetimefit", _("Customer value"), "monitoring"),
            Entry("scoring.predictor", _("Prediction"), "online_prediction"),
        ),
    ),
    Section(
        _("Campaigns"),
        (
            Entry("campaigns.campaign", _("Campaigns"), "campaign"),
            Entry("campaigns.participation", _("Participants"), "how_to_reg"),
            Entry("campaigns.grant", _("Prizes won"), "redeem"),
            Entry("referrals.invite", _("Invites"), "share"),
            Entry("referrals.referral", _("referrals"), "diversity_3"),
            Entry("referrals.credit", _("Credits"), "receipt"),
            Entry("referrals.sign", _("Signs of cheating"), "gpp_maybe"),
        ),
    ),
    Section(
        _("Membership"),
        (
            Entry("loyalty.membership", _("Members"), "card_membership"),
            Entry("loyalty.pointsentry", _("Points entries"), "toll"),
            Entry("loyalty.level", _("Levels and points"), "workspace_premium"),
        ),
    ),
    Section(
        _("Reports"),
        (
            Entry("reports.reckoning", _("Attribution"), "conversion_path"),
            Entry("reports.cost", _("Cost and return"), "payments"),
            Entry("reports.reckoning", _("Funnel"), "filter_alt", "funnel"),
            Entry("reports.reckoning", _("Referral tree"), "account_tree", "trees"),
            Entry("errands.errand", _("Team"), "leaderboard", "team"),
        ),
    ),
    Section(
        _("Organisation"),
        (
            Entry("staff.department", _("Departments"), "account_tree"),
            Entry("staff.employee", _("Employees"), "badge"),
            Entry("assignment.handover", _("Handovers"), "move_group"),
        ),
    ),
    Section(
        _("Synchronisation"),
        (
            Entry("sync.pull", _("Pulls"), "sync"),
            Entry("sync.difference", _("Differences"), "difference"),
        ),
    ),
    Section(
        _("System"),
        (
            Entry("wecom.callback", _("Callbacks"), "call_received"),
            Entry("wecom.command", _("Commands"), "call_made"),
            Entry("events.delivery", _("Deliveries"), "outbox"),
            Entry("common.slot", _("Scheduled jobs"), "schedule"),
            Entry("events.eventrecord", _("Event log"), "history"),
            Entry("staff.user", _("Sign-ins"), "key"),
            Entry("clients.client", _("Other systems"), "api"),
            Entry("contacts.erasure", _("Personal data"), "shield_person"),
            Entry("contacts.consenttext", _("Consent texts"), "handshake"),
            Entry("staff.reach", _("Reach of roles"), "visibility"),
            Entry("audit.auditrow", _("Audit"), "policy"),
        ),
    ),
)


def sections(request: HttpRequest, *, site: Any) -> list[dict[str, Any]]:
    """What this visitor may open, in the form that Unfold's sidebar wants."""
    today = item(request, _("Today"), "today", reverse("admin:index"))
    shown = [{"title": "", "items": [today]}]
    for section in SECTIONS:
        entries = [entry for entry in section.entries if may_open(request, entry, site)]
        if entries:
            items = [
                item(request, each.title, each.icon, address_of(each.model, each.page))
                for each in entries
            ]
            shown.append({"title": section.title, "items": items})
    only_the_nearest(shown)
    return shown


def only_the_nearest(shown: list[dict[str, Any]]) -> None:
    """A page below another page of the sidebar is that one alone."""
    here = [each for part in shown for each in part["items"] if each["active"]]
    for each in here:
        each["active"] = each is max(here, key=lambda other: len(other["link"]))


def may_open(request: HttpRequest, entry: Entry, site: Any) -> bool:
    model = apps.get_model(entry.model)
    door = site.get_model_admin(model) if site.is_registered(model) else None
    return door is not None and door.has_view_permission(request)


def address_of(model: str, page: str = "changelist") -> str:
    return reverse(f"admin:{model.replace('.', '_')}_{page}")


def item(request: HttpRequest, title: Any, icon: str, link: str) -> dict[str, Any]:
    at_home = link == reverse("admin:index")
    here = request.path == link if at_home else request.path.startswith(link)
    return {
        "title": title,
        "icon": icon,
        "link": link,
        "active": here,
        "has_permission": True,
    }
