"""The catalogue: sectors, themes, sources, agencies and districts that codes refer to, and their outlines."""
