"""What OpenAPI says of parameters and responses."""
