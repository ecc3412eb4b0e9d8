"""Tile layers: hexagons, districts and points behind one protocol, with their legends."""
