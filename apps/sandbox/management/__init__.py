"""The sandbox corp's doors on the command line."""
