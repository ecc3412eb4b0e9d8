"""HTTP routes, one short file for a family: parse, call, encode."""
