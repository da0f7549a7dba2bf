"""What a new friend is told first, and what becomes of it."""
