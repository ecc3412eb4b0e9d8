"""The forms in which tiles are written. Which of them a layer has says its description; a layer writes them itself."""

CONTENT_TYPES = {
    "mvt": "application/vnd.mapbox-vector-tile",
    "json": "application/json",
    "arrow": "application/vnd.apache.arrow.stream",
}
"""By the ending of the address."""
