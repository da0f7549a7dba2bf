"""Session and Token: a contact is signed in from a mini-program."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact
from apps.miniprogram.querysets import TokenQuerySet


class Session(models.Model):
    """A contact is signed in, until they sign out, a token is shown twice, or nothing
    is heard of them for long. All its tokens end with it."""

    class EndedBy(models.TextChoices):
        """The values never change."""

        SIGN_OUT = "sign_out", _("signed out")
        REUSE = "reuse", _("a token was shown that had been renewed")
        MANY = "many", _("signed in too often elsewhere")

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="sessions"
    )
    began_at = models.DateTimeField(_("signed in at"))
    ended_at = models.DateTimeField(_("signed out at"), null=True, blank=True)
    ended_by = models.CharField(
        _("why it ended"), max_length=8, choices=EndedBy.choices, blank=True
    )

    class Meta:
        verbose_name = _("sign-in from the mini-program")
        verbose_name_plural = _("sign-ins from the mini-program")
        ordering = ["-began_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.contact_id} · {self.began_at:%Y-%m-%d}"


class Token(models.Model):
    """What a visitor shows: to be let in, or to get new ones. We keep a digest of it.
    One that was renewed is kept until it expires, so that it is known when it is shown
    again."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("to be let in")
        REFRESH = "refresh", _("to get new ones")

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="tokens"
    )
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices)
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField(_("valid until"))
    renewed_at = models.DateTimeField(_("renewed at"), null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("token of a visitor")
        verbose_name_plural = _("tokens of visitors")
        indexes = [models.Index(fields=["expires_at"], name="tokens_that_expire")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="refresh") | Q(renewed_at__isnull=True),
                name="only_refresh_tokens_are_renewed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.session_id} · {self.kind}"
