"""A long piece of work that a person watches: n of N, failures, cancel."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Progress(models.Model):
    """How far a long piece of work has come. `total` is an estimate until the end."""

    total = models.PositiveIntegerField(_("total"), default=0)
    done = models.PositiveIntegerField(_("done so far"), default=0)
    doing = models.CharField(_("doing now"), max_length=64, blank=True)
    cancel_asked = models.BooleanField(_("cancel asked"), default=False)

    class Meta:
        abstract = True

    @property
    def percent(self) -> int:
        """0 to 99 of what is known of so far; 100 is for what has ended."""
        if not self.total:
            return 0
        return min(99, self.done * 100 // self.total)
