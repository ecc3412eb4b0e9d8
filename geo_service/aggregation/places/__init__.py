"""Places: the settlement, part of a town or hexagon that each incident belongs to, and its name."""
