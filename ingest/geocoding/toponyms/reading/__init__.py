"""Read a text for place names: its spelling, the words of a name, and what they agree with."""
