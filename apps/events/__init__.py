"""What has happened, and who still has to hear of it."""
