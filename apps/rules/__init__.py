"""The language in which people describe contacts."""
