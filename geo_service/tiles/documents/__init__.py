"""Documents about tiles: TileJSON, MapLibre styles, palettes and property descriptions."""
