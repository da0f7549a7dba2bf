"""Labels on contacts."""
