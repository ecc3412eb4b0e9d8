"""OpenAPI documentation of parameters and responses."""
