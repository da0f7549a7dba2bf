"""Poster, Background, Avatar and Drawn: how posters look, and those drawn lately."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign
from apps.contacts.models import Contact
from apps.staff.models import User


class Background(models.Model):
    """A picture to draw on, 750 wide, made anew by us out of what was brought. It is
    found by `token` alone, which nobody can guess."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="backgrounds"
    )
    token = models.CharField(max_length=32, unique=True, editable=False)
    digest = models.BinaryField(max_length=32)
    jpeg = models.BinaryField()
    height = models.PositiveSmallIntegerField()
    brought_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    brought_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("background of a poster")
        verbose_name_plural = _("backgrounds of posters")

    def __str__(self) -> str:
        return self.token


class Poster(models.Model):
    """How the posters of a campaign look: see design.py."""

    campaign = models.OneToOneField(
        Campaign,
        verbose_name=_("campaign"),
        on_delete=models.CASCADE,
        related_name="poster",
    )
    design = models.JSONField(_("design"))
    background = models.ForeignKey(
        Background,
        verbose_name=_("background"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    version = models.PositiveIntegerField(_("version"), default=1)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        verbose_name = _("poster")
        verbose_name_plural = _("posters")
        ordering = ["-changed_at", "-pk"]

    def __str__(self) -> str:
        return str(self.campaign)


class Avatar(models.Model):
    """The picture of a contact, fetched once from where WeCom says it lies."""

    not_moved_by_merge = "The keeper's own is fetched when it is wanted."

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, related_name="kept_avatar"
    )
    address = models.TextField()
    jpeg = models.BinaryField()
    read_at = models.DateTimeField()

    class Meta:
        verbose_name = _("avatar")
        verbose_name_plural = _("avatars")

    def __str__(self) -> str:
        return str(self.contact_id)


class DrawnPoster(models.Model):
    """A poster that was drawn, under the fingerprint of what it was drawn from. It may
    go at any time: it is drawn again."""

    not_moved_by_merge = "It shows one name and one code, and is drawn again."

    contact = models.ForeignKey(
        Contact,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="drawn_posters",
    )
    fingerprint = models.BinaryField(max_length=32)
    jpeg = models.BinaryField()
    drawn_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("poster that was drawn")
        verbose_name_plural = _("posters that were drawn")
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "fingerprint"], name="one_drawn_poster_each"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
