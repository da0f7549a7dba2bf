"""By what the lists of campaigns, of participants and of prizes won are narrowed."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign, Grant, Reward
from apps.common.filters import Choice, Days, Pick


class KindFilter(Choice):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Campaign.Kind.choices


class StatusFilter(Choice):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Campaign.Status.choices


class CampaignFilter(Pick):
    title = _("campaign")
    parameter_name = "campaign"
    model = "campaigns.campaign"
    hint = _("Name of the campaign")

    def narrow(self, rows: QuerySet, row: Any) -> QuerySet:
        return rows.filter(campaign=row)


class JoinedFilter(Days):
    title = _("joined at")
    parameter_name = "joined"
    field = "joined_at"


class CampaignOfPrizeFilter(CampaignFilter):
    def narrow(self, rows: QuerySet, row: Any) -> QuerySet:
        """By the prizes: each has its own index, newest first."""
        return rows.filter(reward__in=list(row.rewards.values_list("pk", flat=True)))


class StandingFilter(Choice):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Grant.Status.choices

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        """Points are there at once: nobody has to hand them out."""
        rows = rows.filter(status=value)
        is_waiting = value == Grant.Status.GRANTED
        return rows.exclude(reward__kind=Reward.Kind.POINTS) if is_waiting else rows


class PrizeKindFilter(Choice):
    title = _("kind of prize")
    parameter_name = "prize_kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Reward.Kind.choices

    def narrow(self, rows: QuerySet, value: str) -> QuerySet:
        return rows.filter(reward__kind=value)


class WonFilter(Days):
    title = _("won at")
    parameter_name = "won"
    field = "granted_at"
