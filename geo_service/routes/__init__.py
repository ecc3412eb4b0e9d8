"""HTTP routes, one short file for each family: parse, call, encode. Docstrings become descriptions in the OpenAPI document."""
