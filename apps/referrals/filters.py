"""By what the lists of invites, referrals, credits and signs are narrowed."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign
from apps.common.filters import Choice, Days, Pick
from apps.referrals.models import Credit, Referral, Sign

COUNTS = "counts"


class CampaignFilter(Pick):
    title = _("campaign")
    parameter_name = "campaign"
    model = "campaigns.campaign"
    hint = _("Name of the campaign")
    field = "campaign"

    def narrow(self, rows: QuerySet, row: Campaign) -> QuerySet:
        return rows.filter(**{self.field: row})


class CampaignOfSignFilter(CampaignFilter):
    field = "invite__campaign"


class OfInviteFilter(Pick):
    """Those of one invite: its page leads here."""

    title = _("invite")
    parameter_name = "invite"
    model = "referrals.invite"
    quiet = True

    def narrow(self, rows: QuerySet, row: Any) -> QuerySet:
        return rows.filter(invite=row)


class RefusedFilter(Choice):
    title = _("does it count")
    parameter_name = "refused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value or COUNTS, words) for value, words in Referral.Refused.choices]

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        return rows.filter(refused="" if value == COUNTS else value)


class CameFilter(Days):
    title = _("came at")
    parameter_name = "came"
    field = "at"


class CreditKindFilter(Choice):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Credit.Kind.choices


class SignKindFilter(Choice):
    title = _("sign")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Sign.Kind.choices


class VerdictFilter(Choice):
    """Those to be looked at come first; all of them stand under `all`."""

    title = _("verdict")
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("to be looked at")), *Sign.Verdict.choices[1:]]

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        return rows.filter(verdict="" if value == "open" else value)
