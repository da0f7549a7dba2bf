"""What templates may ask of the common words."""
