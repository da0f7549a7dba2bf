"""The tests: rules by calling them, doors and flows from outside."""
