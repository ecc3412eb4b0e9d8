"""The replica: the state of one process, loaded from PostGIS and kept level with it."""
