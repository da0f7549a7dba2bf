"""Whom somebody brought, and by whose invite they came, for the rule language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.rules.fields import Rows, Totals, add
from apps.rules.operators import Kind

GROUP = _("Campaigns")
CAME: dict[str, Any] = {
    "group": GROUP,
    "permission": "referrals.view_referral",
    "table": "referrals_referral AS row",
    "optional": True,
}

add(
    Totals(
        name="invited_count",
        title=_("brought by invites"),
        group=GROUP,
        kind=Kind.COUNT,
        permission="referrals.view_invite",
        table=(
            "referrals_credit AS credit"
            " JOIN referrals_invite AS row ON row.id = credit.invite_id"
        ),
        measure="coalesce(sum(credit.points), 0)",
    ),
    Rows(
        name="came_by_invite",
        title=_("came by an invite of the campaign"),
        kind=Kind.PICKS,
        model="campaigns.campaign",
        value="row.campaign_id",
        **CAME,
    ),
    Rows(
        name="came_by_invite_at",
        title=_("came by an invite at"),
        kind=Kind.MOMENT,
        value="row.at",
        **CAME,
    ),
)
