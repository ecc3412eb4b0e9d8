"""Parse the query parameters of a tile layer, the same for the server and for an export."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.measures.class_breaks import CLASSES, CLASSIFIERS, FIXED, QUANTILE, ClassificationMethod
from geo_service.aggregation.measures.frame_counts import FEWEST, MOST
from geo_service.aggregation.measures.measures import Measure
from geo_service.aggregation.measures.query import Query
from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import shorten
from geo_service.queries.alert_filter import read_alert_filter
from geo_service.queries.selection import QueryPairs, has_open_end, read_choice, read_int, read_level, read_selection_query
from geo_service.tiles.documents.tilejson import LayerDescription
from geo_service.tiles.encoding.grid import MAX_DETAIL
from geo_service.tiles.layers.base import Rendering

_NUMBER = re.compile(r"-?([0-9]{1,9}(\.[0-9]{1,6})?|\.[0-9]{1,6})")
_MAX_LIMITS = CLASSES - 1
_FIXED_ALLOWED = "fixed: it has classes of its own"
_BREAKS_ALLOWED = f"{', '.join(CLASSIFIERS)}, or 1 to {_MAX_LIMITS} ascending limits such as 5,20"
_CHANGES_ALLOWED = f"{', '.join(CLASSIFIERS)}, or two limits, one below zero and one above, such as -0.5,0.5"


def read_layer_query(
    pairs: QueryPairs, catalogue: Catalogue, zone: ZoneInfo, layer: LayerDescription, extra: Sequence[str] = (),
    clock: Callable[[], float] = time.time, tile_format: str = "mvt",
) -> tuple[Query, Rendering]:  # fmt: skip
    """Parse the names and values of a query string into the query of a layer and how its tiles are rendered.

    extra: parameters that the caller reads itself. tile_format: of the tiles; the caller takes it from the path.
    Raises `InvalidParameter`.
    """
    if layer.draws_alerts:
        query, alerts = read_alert_filter(pairs, catalogue, zone, extra, clock)
        return query, Rendering(format=tile_format, alerts=alerts)
    query = read_selection_query(pairs, catalogue, zone, extra=(*layer.parameters, *extra), clock=clock, measures=layer.measures)
    params = dict(pairs)
    return query, Rendering(
        level=read_level(params) if "level" in params else None,
        classifier=read_classification(params["breaks"], query.measure) if "breaks" in params else _default_classification(query.measure),
        frames=read_frames(params, query) if "frames" in params else None,
        detail=read_int(params, "detail", 0, MAX_DETAIL, 0),
        format=tile_format,
        with_h3="fields" in params and bool(read_choice(params, "fields", ["h3"])),
        with_meta="meta" in params and bool(read_choice(params, "meta", ["1"])),
    )


def read_classification(text: str, measure: Measure) -> ClassificationMethod:
    """Read how the values of the measure are classified: by a method, or by the caller's own limits.

    Raises `InvalidParameter`.
    """
    if measure.classes is not None:
        if text != FIXED.method:
            raise InvalidParameter("breaks", f"{shorten(text)!r} does not suit {measure.code}", _FIXED_ALLOWED, "unsuitable", shorten(text))
        return FIXED
    if text in CLASSIFIERS:
        return ClassificationMethod(text)
    parts = text.split(",")
    allowed = _CHANGES_ALLOWED if measure.diverging else _BREAKS_ALLOWED
    if not all(_NUMBER.fullmatch(part) for part in parts):
        raise InvalidParameter("breaks", f"{shorten(text)!r} is invalid", allowed, value=shorten(text))
    limits = [float(part) for part in parts]
    if not all(low < high for low, high in pairwise(limits)) or not _suit(limits, measure):
        raise InvalidParameter("breaks", f"{shorten(text)!r} does not suit {measure.code}", allowed, "unsuitable", shorten(text))
    # Integers stay integers, because legends write the limits as they are.
    return ClassificationMethod("own", tuple(int(limit) if limit.is_integer() else limit for limit in limits))


def _default_classification(measure: Measure) -> ClassificationMethod:
    return QUANTILE if measure.classes is None else FIXED


def read_frames(params: Mapping[str, str], query: Query) -> int:
    """Read into how many frames of equal length the window is cut.

    Only the number of incidents can be played, and only in a window with both ends. Raises `InvalidParameter`.
    """
    frames = read_int(params, "frames", FEWEST, MOST)
    window = query.selection.window
    if query.measure.code != "count":
        allowed = "measure=count; status=open or status=overdue selects what is counted"
        raise InvalidParameter("frames", f"cannot play the measure {query.measure.code!r}", allowed, "unsuitable")
    if has_open_end(window):
        raise InvalidParameter("frames", "needs a window with both ends", "window, or from and to", "needs-window")
    if window.stop - window.start < frames:
        raise InvalidParameter("frames", "exceeds the number of seconds in the window", f"{FEWEST} to {MOST}, or a longer window")
    return frames


def _suit(limits: Sequence[float], measure: Measure) -> bool:
    """Return whether the limits make classes of the measure. A change needs one limit on each side of zero."""
    if measure.diverging:
        return len(limits) == 2 and -1 < limits[0] < 0 < limits[1]
    return len(limits) <= _MAX_LIMITS
