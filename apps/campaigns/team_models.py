"""Team and TeamMember: some who buy together, within some hours."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign, Participation
from apps.contacts.models import Contact
from apps.contacts.querysets import OfContactsQuerySet
from apps.orders.models import Order


class Team(models.Model):
    """Opened by one participant; full when enough of its members have paid in time."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        FULL = "full", _("complete")
        FAILED = "failed", _("not complete in time")

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("campaign"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="teams",
    )
    ref = models.CharField(_("number"), max_length=16, unique=True, editable=False)
    size = models.PositiveSmallIntegerField(_("size"))
    status = models.CharField(
        _("status"), max_length=6, choices=Status.choices, default=Status.OPEN
    )
    opened_at = models.DateTimeField(_("opened at"), default=timezone.now)
    ends_at = models.DateTimeField(_("ends at"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(
                fields=["campaign", "-opened_at", "-id"], name="teams_of_a_campaign"
            ),
            models.Index(
                fields=["ends_at"], condition=Q(status="open"), name="teams_that_end"
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class TeamMember(models.Model):
    """A participant in a team; `order` is what they paid for it with."""

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, db_index=False, related_name="members"
    )
    participation = models.ForeignKey(
        Participation, on_delete=models.CASCADE, related_name="+"
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="team_memberships",
    )
    opened = models.BooleanField(_("opened it"), default=False)
    joined_at = models.DateTimeField(_("joined at"))
    order = models.ForeignKey(
        Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = OfContactsQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of a team")
        verbose_name_plural = _("members of teams")
        ordering = ["joined_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "team"], name="one_place_in_a_team"
            )
        ]
        indexes = [
            models.Index(fields=["team", "joined_at", "id"], name="members_of_a_team")
        ]

    def __str__(self) -> str:
        return f"{self.team_id} · {self.contact_id}"
