"""What the families of routes share: dependencies, authentication, request bodies and responses."""
