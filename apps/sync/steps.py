"""The steps of a pull in their order: each needs what those before it brought."""

from types import ModuleType

from apps.sync import contacts, groups, staff, tags

STEPS: dict[str, ModuleType] = {s.NAME: s for s in (staff, tags, contacts, groups)}
