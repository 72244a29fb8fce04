"""Model folders, and the small models that the workflow trains itself."""
