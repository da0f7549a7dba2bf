"""Client and Key."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SOON = timedelta(days=14)  # before it expires, a key is marked


class Scope(models.TextChoices):
    """What a key may open. The values never change."""

    ORDERS_READ = "orders:read", _("read orders")
    ORDERS_WRITE = "orders:write", _("tell orders")
    EVENTS_WRITE = "events:write", _("tell behaviour")
    SEGMENTS_READ = "segments:read", _("read segments and who is in them")
    SCORES_READ = "scores:read", _("read scores and their reasons")
    TAGS_READ = "tags:read", _("read tags and who carries them")
    POINTS_READ = "points:read", _("read members, points and levels")
    POINTS_WRITE = "points:write", _("tell what is earned and spent")
    REPORTS_READ = "reports:read", _("read attribution, costs and return")
    CONSENTS_WRITE = "consents:write", _("tell consent")
    LEADS_READ = "leads:read", _("read leads, tasks, notes and owners")
    LEADS_WRITE = "leads:write", _("move leads, add tasks and notes")
    PRIZES_REDEEM = "prizes:redeem", _("look at redeem codes, and redeem them")
    OWNERS_WRITE = "owners:write", _("give contacts to colleagues and into pools")


class Client(models.Model):
    """Another system that speaks to our API: a shop, a till, a mini-program's server.

    Its orders and ids are known under the name of its `system`, which several clients
    may share, and it sees no others.
    """

    name = models.CharField(_("name"), max_length=64, unique=True)
    system = models.CharField(
        _("short name"),
        max_length=32,
        validators=[RegexValidator(r"\A[a-z0-9][a-z0-9_-]*\Z")],
        help_text=_(
            "Small letters, digits, - and _, such as youzan. Orders and customer ids "
            "that it tells are kept under this name: it cannot be changed later."
        ),
    )
    per_minute = models.PositiveIntegerField(
        _("requests in a minute"),
        default=600,
        validators=[MinValueValidator(1), MaxValueValidator(60_000)],
        help_text=_("Whoever asks more often is told when to come again."),
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)

    # what Django REST framework asks of whoever sends a request
    is_authenticated = True
    is_anonymous = False

    class Meta:
        verbose_name = _("other system")
        verbose_name_plural = _("other systems")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def asks_as(self) -> str:
        """Under which its answers, cursors and requests are kept apart."""
        return f"client:{self.pk}"


class KeyQuerySet(models.QuerySet):
    def valid(self, *, at: datetime) -> "KeyQuerySet":
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
        return self.filter(unexpired, revoked_at__isnull=True)


class Key(models.Model):
    """What a client shows to be let in. We keep a digest of it, and its last signs."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="keys")
    digest = models.BinaryField(max_length=32, unique=True)
    tail = models.CharField(_("ends with"), max_length=4)
    scopes = ArrayField(
        models.CharField(max_length=32, choices=Scope.choices), verbose_name=_("rights")
    )
    made_at = models.DateTimeField(_("created at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    objects = KeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True)
                | Q(expires_at__gt=models.F("made_at")),
                name="a_key_expires_after_it_was_made",
            )
        ]

    def __str__(self) -> str:
        return f"…{self.tail}"

    def has_expired(self, *, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    def expires_soon(self, *, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at + SOON
