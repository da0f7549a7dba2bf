"""The page of a campaign on a phone, for whoever takes part and for their friends."""
