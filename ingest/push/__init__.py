"""Incidents posted over HTTP: through the pipeline of a file, batch by batch, with a result for each row."""
