"""Metrics for Prometheus: what the service counts, read from its parts when it is asked."""
