"""Districts: read, check, simplify and load them, and locate points in them."""
