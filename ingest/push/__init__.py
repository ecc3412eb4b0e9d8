"""Incidents that are sent over HTTP: the same road as that of a file, batch by batch, with an answer for each row."""
