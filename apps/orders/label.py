"""Our own people put tags on a product, and take them off."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import transaction

from apps.audit.note import note
from apps.common.errors import Refused
from apps.orders.keep import MOST_TAGS
from apps.orders.models import Product

LONGEST = 32  # characters


class TooManyTags(Refused):
    """A product has at most 50 tags, of at most 32 characters each."""

    code = "too_many_tags"


@transaction.atomic
def label(
    *, product: Product, tags: Iterable[str], by: AbstractUser, at: datetime
) -> None:
    """These are its tags from now on; each once, in this order."""
    wanted = list(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip()))
    if len(wanted) > MOST_TAGS or any(len(tag) > LONGEST for tag in wanted):
        raise TooManyTags
    if wanted == product.tags:
        return
    note(
        deed="changed",
        by=by,
        at=at,
        about=product,
        before={"tags": product.tags},
        after={"tags": wanted},
    )
    product.tags = wanted
    product.save(update_fields=["tags"])
