"""Selections: filters, windows, time buckets and age classes."""
