"""Encoding: the tile grid, clipping, and Mapbox Vector Tiles as bytes."""
