"""Writing: a batch of incidents to PostGIS, with districts, reference data and duplicate links."""
