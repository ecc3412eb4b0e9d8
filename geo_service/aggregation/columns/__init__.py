"""Columns: incidents as arrays in time order, with their H3 hierarchy, spatial index and change log."""
