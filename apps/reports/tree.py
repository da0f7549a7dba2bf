"""Who brings most in a campaign, and the tree below each inviter, a step at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.campaigns.models import Campaign
from apps.contacts.models import Contact
from apps.referrals.graph import children_of, roots_of
from apps.referrals.models import Invite
from apps.staff.models import User

TOP = 20
BRANCHES = 100  # shown below one inviter, those with most below them

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


def generations(campaign: Campaign) -> list[dict[str, Any]]:
    """How many invite at each depth, and how many came by them."""
    with connection.cursor() as cursor:
        cursor.execute(GENERATIONS, [campaign.pk])
        rows = cursor.fetchall()
    return [
        {"depth": depth or 1, "inviters": inviters, "helpers": helpers}
        for depth, inviters, helpers in rows
    ]
