"""Statistics: the tables that routes answer with, one module a route family."""
