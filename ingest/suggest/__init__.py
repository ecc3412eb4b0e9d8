"""Suggest a mapping for a file by its header and its values, with a reason for each guess."""
