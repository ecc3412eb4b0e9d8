"""Proposing a mapping for a file by its header and its values, each guess with its reason."""
