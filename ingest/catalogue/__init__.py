"""The catalogue: list, merge, rename and delete themes, agencies and sources."""
