"""Whose views somebody sees: their own, and those that are shared with them."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q

from apps.staff.models import Posting

if TYPE_CHECKING:
    from apps.staff.models import User


class SavedViewQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "SavedViewQuerySet":
        shared = Q(by=user) | Q(shared="everybody")
        if user.employee_id is not None:
            works_there = Posting.objects.filter(
                employee=user.employee_id, department=OuterRef("department")
            )
            shared |= Q(shared="department") & Exists(works_there)
        return self.filter(shared)

    def arranged_by(self, user: "User") -> "SavedViewQuerySet":
        """In the order that they have put them into, new ones last; `opens` tells with
        which of them the list opens for this person."""
        mine = FilteredRelation("places", condition=Q(places__user=user))
        return self.annotate(mine=mine, opens=F("mine__opens_first")).order_by(
            F("mine__position").asc(nulls_last=True), "pk"
        )
