"""Something we do with contacts for a while."""
