"""Jobs beside loading: the geocoding backlog, retention, and names of settlements."""
