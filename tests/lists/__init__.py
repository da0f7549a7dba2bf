"""Views of lists, and what is done to many rows."""
