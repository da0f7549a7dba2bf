"""The database and the broker that come with the product, for a machine with none."""
