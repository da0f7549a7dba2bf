"""The door for account managers."""
