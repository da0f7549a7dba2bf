"""Whose views and batches somebody sees: their own, and what is shared with them."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q

from apps.common.jobs import JobQuerySet
from apps.staff.models import Posting

if TYPE_CHECKING:
    from apps.staff.models import User


class SavedViewQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "SavedViewQuerySet":
        shared: Any = Q(by=user) | Q(shared="everybody")
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


class BatchQuerySet(JobQuerySet):
    def visible_to(self, user: "User") -> "BatchQuerySet":
        """One's own; everybody's to those who repair."""
        repairs = user.sees_everybody and user.has_perm("lists.change_batch")
        return self if repairs else self.filter(by=user)
