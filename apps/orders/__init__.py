"""What contacts bought, from any system that tells us."""
