"""Tiles: the grid, the encoder, one file a layer, and the cache in front of them."""
