"""KeptSet (a set that many rules share), Touched (what has changed), Fact and Sheet."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
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


def reaching(span: str) -> models.Index:
    """Who reaches a count or a sum in a span of days, without reading the rows."""
    return models.Index(
        fields=["topic", f"many_{span}", f"sum_{span}"],
        include=["who"],
        condition=Q(**{f"many_{span}__gt": 0}),
        name=f"facts_reaching_{span}",
    )


class Fact(models.Model):
    """What a contact's rows of one topic come to; a cache, see facts.py. `who` is no
    foreign key: a merge moves the rows, and the facts are worked out anew."""

    topic = models.CharField(max_length=16)
    who = models.BigIntegerField()
    many_7 = models.IntegerField(default=0)
    sum_7 = models.BigIntegerField(default=0)
    many_30 = models.IntegerField(default=0)
    sum_30 = models.BigIntegerField(default=0)
    many_90 = models.IntegerField(default=0)
    sum_90 = models.BigIntegerField(default=0)
    many_365 = models.IntegerField(default=0)
    sum_365 = models.BigIntegerField(default=0)
    many_all = models.IntegerField(default=0)
    sum_all = models.BigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = "fact"
        constraints = [
            models.UniqueConstraint(fields=["topic", "who"], name="one_fact_per_topic")
        ]
        indexes = [
            *map(reaching, ("7", "30", "90", "365", "all")),
            models.Index(
                fields=["topic", "last_at"], include=["who"], name="facts_by_the_last"
            ),
            models.Index(
                fields=["topic", "first_at"], include=["who"], name="facts_by_the_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.who}"


class FactsDay(models.Model):
    """As of which day the facts of a topic are, and up to which contact."""

    topic = models.CharField(max_length=16, unique=True)
    day = models.DateField()
    upto = models.BigIntegerField(default=0)
    is_whole = models.BooleanField(default=False)

    class Meta:
        verbose_name = "day of facts"

    def __str__(self) -> str:
        return f"{self.topic} {self.day}"


class Sheet(models.Model):
    """Who has a row in a day that is over, four bytes for each; see sheets.py. A day is
    there once it has a sheet without a key."""

    topic = models.CharField(max_length=16)
    key = models.CharField(max_length=64, blank=True)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    contacts = models.BinaryField(null=True)

    class Meta:
        verbose_name = "sheet"
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "key", "begins", "ends"], name="one_sheet_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key} {self.begins}"


class Spoilt(models.Model):
    """A moment of a day that is over, of which a row has changed; by triggers."""

    topic = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "spoilt moment"

    def __str__(self) -> str:
        return f"{self.topic} {self.at}"
