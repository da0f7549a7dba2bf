"""The doors contacts come in by: codes, whose turn it is, and who came through."""
