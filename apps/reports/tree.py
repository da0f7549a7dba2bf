"""Who brings most in a campaign, and the tree below each inviter, a step at a time.

A list shows the branches of one inviter. A drawing shows a few of them, and some of the
friends who do not invite anybody; the list has the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext

from apps.campaigns.models import Campaign
from apps.contacts.models import Contact
from apps.referrals.graph import children_of, roots_of
from apps.referrals.models import Invite, Referral
from apps.staff.models import User

TOP = 20
BRANCHES = 100  # shown below one inviter, those with most below them
DRAWN = 20  # of them in a drawing
FRIENDS = 8  # in a drawing, of those who came last
LOOKED_AT = 50  # to find them

GENERATIONS = """
SELECT cardinality(invite.path), count(DISTINCT invite.id), count(referral.id)
FROM referrals_invite AS invite
LEFT JOIN referrals_referral AS referral
    ON referral.invite_id = invite.id AND referral.refused = ''
WHERE invite.campaign_id = %s GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """An inviter in the tree; the name is None of whom the user may not see."""

    invite: Invite
    name: str | None
    opens: bool

    @property
    def contact_id(self) -> int | None:
        return self.invite.contact_id if self.name is not None else None


def leaders(campaign: Campaign, *, by: str, user: User) -> list[Leaf]:
    """Those who brought most: `by` is direct or total. By an index on both."""
    rows = Invite.objects.filter(campaign=campaign).visible_to(user)
    return leaves(rows.order_by(f"-{by}", "-pk")[:TOP], user=user)


def roots(campaign: Campaign, *, user: User) -> list[Leaf]:
    return leaves(roots_of(campaign, size=BRANCHES), user=user)


def below(invite: Invite, *, user: User) -> list[Leaf]:
    """Whom they brought who invite others themselves."""
    return leaves(children_of(invite, size=BRANCHES), user=user)


def leaves(rows: Iterable[Invite], *, user: User) -> list[Leaf]:
    found = list(rows)
    contacts = Contact.objects.visible_to(user).in_bulk([i.contact_id for i in found])
    parents = set(
        Invite.objects.filter(parent__in=[each.pk for each in found])
        .values_list("parent", flat=True)
        .distinct()
    )
    return [
        Leaf(
            invite=each,
            name=str(contacts[each.contact_id])
            if each.contact_id in contacts
            else None,
            opens=each.pk in parents,
        )
        for each in found
    ]


# --- as it is drawn -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Branch:
    """What is drawn below one point, and whether there is more."""

    points: list[dict[str, Any]]
    more: bool


def drawn_roots(campaign: Campaign, *, user: User) -> Branch:
    found = leaves(roots_of(campaign, size=DRAWN + 1), user=user)
    return Branch(points=points_of(found[:DRAWN]), more=len(found) > DRAWN)


def drawn_below(invite: Invite, *, user: User) -> Branch:
    """Those who invite in turn, then friends who do not."""
    found = leaves(children_of(invite, size=DRAWN + 1), user=user)
    friends = friends_of(invite, user=user)
    shown = len(found) + len(friends)
    return Branch(
        points=[*points_of(found[:DRAWN]), *friends],
        more=len(found) > DRAWN or invite.direct > shown,
    )


def drawn_one(invite: Invite, *, user: User) -> dict[str, Any]:
    [leaf] = leaves([invite], user=user)
    [point] = points_of([leaf])
    return point


def points_of(found: Iterable[Leaf]) -> list[dict[str, Any]]:
    return [
        {
            "id": leaf.invite.pk,
            "name": leaf.name or gettext("not yours to see"),
            "direct": leaf.invite.direct,
            "total": leaf.invite.total,
            "opens": leaf.opens or leaf.invite.direct > 0,
            "person": page_of(leaf.contact_id) if leaf.contact_id else "",
        }
        for leaf in found
    ]


def friends_of(invite: Invite, *, user: User) -> list[dict[str, Any]]:
    """Some who count and have no invite of their own, those who came last."""
    rows = Referral.objects.filter(invite=invite).order_by("-at", "-pk")
    came = [
        row.contact_id
        for row in rows.only("contact", "refused", "left_at")[:LOOKED_AT]
        if not row.refused and row.left_at is None
    ]
    invites = Invite.objects.filter(campaign=invite.campaign_id, contact__in=came)
    inviting = set(invites.values_list("contact", flat=True))
    friends = [pk for pk in came if pk not in inviting][:FRIENDS]
    seen = Contact.objects.visible_to(user).in_bulk(friends)
    return [
        {
            "name": str(seen[pk]) if pk in seen else gettext("not yours to see"),
            "person": page_of(pk) if pk in seen else "",
        }
        for pk in friends
    ]


def page_of(contact_id: int) -> str:
    return reverse("admin:contacts_contact_change", args=[contact_id])


# --- how deep -------------------------------------------------------------------------


def generations(campaign: Campaign) -> list[dict[str, Any]]:
    """How many invite at each depth, and how many came by them."""
    with connection.cursor() as cursor:
        cursor.execute(GENERATIONS, [campaign.pk])
        rows = cursor.fetchall()
    return [
        {"depth": depth or 1, "inviters": inviters, "helpers": helpers}
        for depth, inviters, helpers in rows
    ]
