"""Rows that may name any of our contacts, and cannot be told apart by whom they name.

What WeCom told us, what we asked it, what happened and what differed is machinery: who
sees only some contacts sees none of it.
"""

from typing import Any, Self

from django.db import models


class ForThoseWhoSeeEverybody(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """All rows or none; `user` is somebody who signed in (see staff/scope.py)."""
        return self if user.sees_everybody else self.none()
