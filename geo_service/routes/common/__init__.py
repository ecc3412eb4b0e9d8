"""What route families share: dependencies, authentication, bodies and responses."""
