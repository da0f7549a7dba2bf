"""What tests ask of Django."""
