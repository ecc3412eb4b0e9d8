"""Russian place names in text: inflect them, find them, and choose between places of the same name."""
