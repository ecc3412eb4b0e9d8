"""The private PostgreSQL cluster: binaries, data directory, locks, start and stop."""
