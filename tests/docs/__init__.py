"""The pages for people, and that what they say is there."""
