"""The calls that the sandbox corp's API answers."""
