"""Tables that are taken out: asked for, approved, written, fetched, gone."""
