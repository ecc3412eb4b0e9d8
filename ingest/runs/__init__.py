"""Runs: one input from its first line to its last, its counts and its rejected rows."""
