"""The people we serve."""
