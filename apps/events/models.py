"""EventRecord (the log, the timeline, the audit trail) and Delivery."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from apps.common.cause import because_of
from apps.common.jobs import Job
from apps.common.seen import ForThoseWhoSeeEverybody


class EventRecord(models.Model):
    """Something that happened: written once, never edited, kept for ever."""

    class Source(models.TextChoices):
        """Who told us. It decides what the news sets off (see events/bus.py)."""

        CALLBACK = "callback", _("WeCom callback")
        FIRST_PULL = "first_pull", _("first pull")
        RECONCILE = "reconcile", _("comparison with WeCom")
        PERSON = "person", _("a person here")
        SYSTEM = "system", _("the system")
        CLIENT = "client", _("another system")

    kind = models.CharField(_("kind"), max_length=64)
    # Kept without a foreign key in the database: the log outlives what it is about.
    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("contact"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="event_records",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("actor"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    source = models.CharField(_("source"), max_length=12, choices=Source.choices)
    facts = models.JSONField(_("facts"), default=dict)
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)

    objects = ForThoseWhoSeeEverybody.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(
                fields=["contact", "-at", "-id"], name="timeline_of_a_contact"
            ),
            models.Index(fields=["kind", "-at"], name="events_of_a_kind"),
            models.Index(fields=["-recorded_at"], name="events_as_they_came"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Delivery(Job):
    """One subscriber still has to hear of an event."""

    event = models.ForeignKey(
        EventRecord, on_delete=models.CASCADE, related_name="deliveries"
    )
    subscriber = models.CharField(_("subscriber"), max_length=120)

    NEEDS = "event"
    UNREAD = ("due_at", "done_at", "created_at")

    class Meta(Job.Meta):
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "subscriber"], name="one_delivery_per_subscriber"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} ← {self.event_id}"

    def work(self) -> None:
        from apps.events.event import event_of  # the event needs this module

        with because_of(happened_at=self.event.at):
            import_string(self.subscriber)(event_of(self.event))
