"""Counting: which rows a selection has, and how many fall into each group."""
