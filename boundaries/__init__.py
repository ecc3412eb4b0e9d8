"""Districts: reading, checking, simplifying and loading them, and locating points in them."""
