"""Tag rules that go by a segment say so before it is changed or removed."""

from collections.abc import Iterable

from django.urls import reverse

from apps.autotags.models import TagRule
from apps.rules.tree import NotUnderstood, read
from apps.segments.keep import named_in
from apps.segments.models import Segment
from apps.segments.used import Use, uses_segments


@uses_segments
def rules_that_tag(segment: Segment) -> Iterable[Use]:
    for rule in TagRule.objects.all():
        if segment.pk in segments_of(rule):
            address = reverse("admin:autotags_tagrule_change", args=[rule.pk])
            yield Use(TagRule._meta.verbose_name, rule.name, address)


def segments_of(rule: TagRule) -> set[int]:
    """Of its scene, and of its conditions; a word that is gone names nothing."""
    chosen = set(rule.narrowed.get("segments", []))
    try:
        return chosen | (named_in(read(rule.rule)) if rule.rule else set())
    except NotUnderstood:
        return chosen
