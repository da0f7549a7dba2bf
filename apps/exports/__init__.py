"""Tables that people take out."""
