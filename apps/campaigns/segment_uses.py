"""Campaigns use segments: as their audience."""

from collections.abc import Iterable

from django.urls import reverse

from apps.campaigns.models import Campaign
from apps.segments.models import Segment
from apps.segments.used import Use, uses_segments


@uses_segments
def campaigns_for(segment: Segment) -> Iterable[Use]:
    for row in Campaign.objects.filter(segment=segment):
        address = reverse("admin:campaigns_campaign_change", args=[row.pk])
        yield Use(Campaign._meta.verbose_name, row.name, address)
