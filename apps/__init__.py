"""The business, one noun to an app."""
