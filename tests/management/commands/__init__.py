"""Commands that only tests know."""
