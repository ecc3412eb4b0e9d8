"""Serving tiles: compute once, cache, revalidate by the change log, send."""
