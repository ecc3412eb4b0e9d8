"""Ingest: from a file of citizens' messages to rows in PostGIS, with nothing lost on the way."""
