"""What a new friend is told first, within twenty seconds."""
