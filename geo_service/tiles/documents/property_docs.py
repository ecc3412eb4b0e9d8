"""Properties of features that come with a parameter, each in a few words."""

from geo_service.aggregation.arrays.kernels import CHANNELS

COMPARED = {
    "n0": "incidents in the compared window; with compare",
    "delta": "n - n0; with compare",
    "significant": "whether n differs from n0 by more than chance (two-sided p of 0.05); with compare",
}

PLAYED = {"p": "incidents before each edge of the frames, joined by commas: frames + 1 numbers, 0 first; with frames"}

META = {
    "features": "how many hexagons or districts are in the tile",
    **{name: f"sum of {name} over these, those that cross the tile's edge included" for name in CHANNELS[:3]},
    "n0": "sum of n0, with compare",
    "min": "least value of the measure in the tile; absent where there is none",
    "max": "greatest value of the measure in the tile; absent where there is none",
    "measure": "the measure",
    "breaks": "how values are divided into classes",
    "from": "beginning of the window, RFC 3339",
    "to": "end of the window, not included",
    "compare_from": "beginning of the compared window, with compare",
    "compare_to": "end of the compared window, with compare",
    "revision": "of the incidents: it moves on with every change",
}
"""Of the one feature of the layer `meta`."""
META_TEXTS = ("measure", "breaks", "from", "to", "compare_from", "compare_to")
"""Those of META that are text."""

TRUTHS = ("significant",)
"""Properties that are true or false."""
