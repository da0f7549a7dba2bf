"""What contacts did elsewhere, as other systems report it."""
