"""Mappings: TOML files that say what the columns of an input mean."""
