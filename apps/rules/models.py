"""KeptSet (a set that many rules share), Touched (what has changed since)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class KeptSet(models.Model):
    """An atom's contacts as a roaring bitmap: a cache of the atom's own SQL.

    `version` is another number whenever the members are written, also of a set that was
    forgotten and is kept again.
    """

    name = models.CharField(max_length=32)
    topic = models.CharField(max_length=16)
    key = models.CharField(max_length=64, blank=True)
    sql = models.TextField()
    contact = models.CharField(max_length=64)
    parameters = models.JSONField(default=list)
    members = models.BinaryField()
    many = models.PositiveIntegerField(default=0)
    version = models.BigIntegerField()
    kept_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "kept set"
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_kept_set_per_name")
        ]
        indexes = [
            models.Index(fields=["topic", "key"], name="kept_sets_of_a_topic"),
            models.Index(fields=["used_at"], name="kept_sets_by_use"),
        ]

    def __str__(self) -> str:
        return self.name


class Touched(models.Model):
    """Contacts of whom something has changed; written by triggers, see touching.py.

    It says whom to look at again, not what has become of them: so it does not matter in
    which order changes are folded, nor how often.
    """

    topic = models.CharField(max_length=16)
    key = models.CharField(max_length=64, blank=True)
    contacts = ArrayField(models.BigIntegerField())
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "touched contacts"
        indexes = [models.Index(fields=["topic", "key"], name="touched_of_a_topic")]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"
