"""The search box's answers: names from the catalogue, incidents by number, and addresses from a geocoding server."""
