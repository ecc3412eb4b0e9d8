"""Query parameters of a layer → what is asked of its tiles: the same words for the server and for an export."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.measures.class_breaks import CLASSES, CLASSIFIERS, QUANTILE, ClassificationMethod
from geo_service.aggregation.measures.frame_counts import FEWEST, MOST
from geo_service.aggregation.measures.measures import Measure
from geo_service.aggregation.measures.query import Query
from geo_service.core.errors import InvalidParameter
from geo_service.queries.selection import is_open, read_choice, read_int, read_optional_level, read_selection_query
from geo_service.tiles.documents.tilejson import LayerDescription
from geo_service.tiles.layers.base import Rendering

_NUMBER = re.compile(r"-?([0-9]{1,9}(\.[0-9]{1,6})?|\.[0-9]{1,6})")
_MOST_LIMITS = CLASSES - 1
_BREAKS_ALLOWED = f"{', '.join(CLASSIFIERS)}, or 1 to {_MOST_LIMITS} ascending limits such as 5,20"
_CHANGES_ALLOWED = f"{', '.join(CLASSIFIERS)}, or two limits, one below zero and one above, such as -0.5,0.5"


def read_layer_query(
    query: Sequence[tuple[str, str]], catalogue: Catalogue, zone: ZoneInfo, layer: LayerDescription, extra: Sequence[str] = (),
    clock: Callable[[], float] = time.time, tile_format: str = "mvt",
) -> tuple[Query, Rendering]:  # fmt: skip
    """What a query string asks of a layer, and how that is drawn; parameters in `extra` are read by the caller, and so is the format."""
    asked = read_selection_query(query, catalogue, zone, extra=(*layer.parameters, *extra), clock=clock, measures=layer.measures)
    given = dict(query)
    return asked, Rendering(
        read_optional_level(given), read_division(given, asked.measure), read_frames(given, asked), tile_format,
        with_h3=_is_set(given, "fields", "h3"), with_meta=_is_set(given, "meta", "1"),
    )  # fmt: skip


def read_division(given: Mapping[str, str], measure: Measure) -> ClassificationMethod:
    """How values of the measure are divided into classes."""
    text = given.get("breaks", QUANTILE.method)
    if text in CLASSIFIERS:
        return ClassificationMethod(text)
    parts = text.split(",")
    allowed = _CHANGES_ALLOWED if measure.diverging else _BREAKS_ALLOWED
    if not all(_NUMBER.fullmatch(part) for part in parts):
        raise InvalidParameter("breaks", f"{text[:40]!r} is not usable", allowed)
    limits = [float(part) for part in parts]
    if not all(low < high for low, high in pairwise(limits)) or not _fits(limits, measure):
        raise InvalidParameter("breaks", f"{text[:40]!r} does not fit", allowed)
    # Whole ones as such, as they are written in legends.
    return ClassificationMethod("own", tuple(int(limit) if limit.is_integer() else limit for limit in limits))


def read_frames(given: Mapping[str, str], query: Query) -> int | None:
    """Into how many frames the window is cut; None for none. What is played is the number of incidents, in a window with both ends."""
    if "frames" not in given:
        return None
    frames = read_int(given, "frames", FEWEST, MOST)
    window = query.selection.window
    if query.measure.code != "count":
        allowed = "measure=count; status=open or status=overdue plays these"
        raise InvalidParameter("frames", f"plays numbers of incidents, not {query.measure.code!r}", allowed)
    if is_open(window):
        raise InvalidParameter("frames", "needs a window with both ends", "window, or from and to")
    if window.stop - window.start < frames:
        raise InvalidParameter("frames", "has more frames than the window has seconds", f"{FEWEST} to {MOST}, or a longer window")
    return frames


def _fits(limits: Sequence[float], measure: Measure) -> bool:
    """Whether as many limits make classes of the measure. A change lies on both sides of zero."""
    if measure.diverging:
        return len(limits) == 2 and -1 < limits[0] < 0 < limits[1]
    return len(limits) <= _MOST_LIMITS


def _is_set(given: Mapping[str, str], name: str, value: str) -> bool:
    """Whether a parameter that has one value only is there."""
    return name in given and read_choice(given, name, [value]) == value
