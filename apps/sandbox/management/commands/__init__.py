"""One command for each thing that is asked of the sandbox corp."""
