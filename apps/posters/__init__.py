"""Posters that carry a contact's own code."""
