"""The product's own settings, in a house that greets whoever is added."""

from scrm.settings import *  # noqa: F403

WECOM_HANDLERS = "tests.flows.greeting.HANDLERS"
