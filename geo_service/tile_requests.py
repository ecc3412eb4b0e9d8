"""Query parameters of a layer → what is asked of its tiles: the same words for the server and for an export."""

import time
from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from geo_service.aggregation.catalogue import Catalogue
from geo_service.errors import InvalidParameter
from geo_service.parameters import Question, read_asked_level, read_question
from geo_service.tiles.grid import Tile
from geo_service.tiles.layer import TileRequest
from geo_service.tiles.tilejson import LayerDescription


def read_layer_question(
    query: Sequence[tuple[str, str]], catalogue: Catalogue, zone: ZoneInfo, layer: LayerDescription, also: Sequence[str] = (),
    clock: Callable[[], float] = time.time,
) -> Question:  # fmt: skip
    """What is asked of a layer; its own parameters are looked at too, those in `also` by the caller."""
    question = read_question(query, catalogue, zone, also=(*layer.parameters, *also), clock=clock, measures=layer.measures)
    given = dict(query)
    _with_h3(given)
    read_asked_level(given)
    return question


def tile_request(tile: Tile, question: Question, given: Mapping[str, str]) -> TileRequest:
    """One tile of a question; given: the query that it was read from."""
    return TileRequest(tile, question.selection, question.measure, _with_h3(given), question.compare, read_asked_level(given))


def _with_h3(given: Mapping[str, str]) -> bool:
    fields = given.get("fields")
    if fields not in (None, "h3"):
        raise InvalidParameter("fields", f"{fields[:40]!r} is not known", ["h3"])
    return fields == "h3"
