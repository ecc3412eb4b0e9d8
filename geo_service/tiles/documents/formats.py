"""The formats of tiles. A layer's description says which of them it has; the layer encodes them itself."""

CONTENT_TYPES = {
    "mvt": "application/vnd.mapbox-vector-tile",
    "json": "application/json",
    "arrow": "application/vnd.apache.arrow.stream",
}
"""By the extension of the URL."""
