"""Who changed what: personal data and settings, before and after, for ever."""
