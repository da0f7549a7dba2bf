"""The questions asked of codes of groups."""

from typing import Self

from django.db import models


class GroupCodeQuerySet(models.QuerySet):
    def published(self) -> Self:
        return self.filter(status="published")
