"""Runs: load one input through the pipeline, with its counts and its rejected rows."""
