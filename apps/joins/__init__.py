"""The doors into groups: codes that lead to whichever group has room."""
