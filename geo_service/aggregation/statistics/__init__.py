"""Statistics: the tables that the routes send, one module for each family of routes."""
