"""Other systems that speak to us, and their keys."""
