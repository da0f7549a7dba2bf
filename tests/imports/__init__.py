"""Tables that people bring: read, understood, written, taken back."""
