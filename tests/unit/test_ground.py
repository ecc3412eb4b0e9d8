"""The ground of a report's map: waters, railways and main roads of a base map, where they are, and nothing else."""

from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from isal import igzip

from geo_service.aggregation.measures.class_breaks import class_breaks
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.basemap.ground import DRAWN, NO_GROUND, Ground, GroundPart, GroundReader, MetreBox, choose_zoom
from geo_service.basemap.registry import Basemaps
from geo_service.reports.content.map_values import MapShape, MapValues
from geo_service.reports.document.drawing import MapWords, draw_map, ground_boxes
from tests.support.basemap_archives import EXTENT, write_pmtiles

HALF_M = 20_037_508.342789244
TILE_M = 2 * HALF_M / (1 << 8)
PLACE = (8, 155, 92)
"""The tile, in which there is one of everything."""
WEST, NORTH = PLACE[1] * TILE_M - HALF_M, HALF_M - PLACE[2] * TILE_M
BOX: MetreBox = (WEST, NORTH - TILE_M, WEST + TILE_M, NORTH)
LAKE = shapely.box(1000, 1000, 2000, 1800)
SEA_BEYOND = shapely.box(3900, 3900, 4300, 4300)
RIVER = shapely.LineString([(5, 5), (900, 900)])
ROAD = shapely.LineString([(0, 100), (4096, 100)])


def feature(shape: shapely.Geometry, **properties: str) -> dict[str, object]:
    return {"geometry": shape, "properties": properties}


CONTENTS = {
    "protomaps": (
        {"vector_layers": [{"id": name, "fields": {"kind": "String", "kind_detail": "String"}} for name in ("water", "roads", "earth")]},
        {
            "water": [feature(LAKE, kind="lake"), feature(SEA_BEYOND, kind="ocean"), feature(RIVER, kind="river")],
            "roads": [
                feature(ROAD, kind="major_road", kind_detail="primary"),
                feature(shapely.LineString([(0, 200), (4096, 200)]), kind="highway", kind_detail="motorway"),
                feature(shapely.LineString([(0, 300), (4096, 300)]), kind="rail", kind_detail="rail"),
                feature(shapely.LineString([(0, 400), (4096, 400)]), kind="minor_road", kind_detail="residential"),
            ],
        },
    ),
    "openmaptiles": (
        {"vector_layers": [{"id": name, "fields": {"class": "String"}} for name in ("water", "waterway", "transportation")]},
        {
            "water": [feature(LAKE, **{"class": "lake"}), feature(SEA_BEYOND, **{"class": "ocean"})],
            "waterway": [feature(RIVER, **{"class": "river"})],
            "transportation": [
                feature(ROAD, **{"class": "primary"}),
                feature(shapely.LineString([(0, 200), (4096, 200)]), **{"class": "motorway"}),
                feature(shapely.LineString([(0, 300), (4096, 300)]), **{"class": "rail"}),
                feature(shapely.LineString([(0, 400), (4096, 400)]), **{"class": "residential"}),
            ],
        },
    ),
}  # fmt: skip


def in_metres(shape: shapely.Geometry) -> shapely.Geometry:
    """The shape of units of the tile in EPSG:3857."""
    return shapely.transform(shape, lambda xy: np.column_stack([WEST + xy[:, 0] / EXTENT * TILE_M, NORTH - xy[:, 1] / EXTENT * TILE_M]))


@pytest.fixture(params=CONTENTS)
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> GroundReader:
    metadata, layers = CONTENTS[request.param]
    named = [{"name": name, "features": features} for name, features in layers.items()]
    body = igzip.compress(mapbox_vector_tile.encode(named, default_options={"y_coord_down": True, "extents": EXTENT}))
    edges = {"min_lon_e7": 37 * 10**7, "min_lat_e7": 43 * 10**7, "max_lon_e7": 40 * 10**7, "max_lat_e7": 46 * 10**7}
    path = write_pmtiles(tmp_path / "region.pmtiles", {PLACE: body}, metadata, min_zoom=8, max_zoom=8, **edges)
    basemaps = Basemaps(tmp_path / "home")
    basemaps.add(path)
    return GroundReader(basemaps)


def test_every_part_is_where_it_lies_and_small_streets_are_left_out(reader: GroundReader) -> None:
    ground = reader.read([BOX])
    assert [part.id for part in ground.parts] == list(DRAWN)
    shapes = {part.id: part.shapes for part in ground.parts}
    assert len(shapes["main-roads"]) == len(shapes["motorways"]) == len(shapes["rails"]) == len(shapes["waterways"]) == 1
    assert shapely.hausdorff_distance(shapes["main-roads"][0], in_metres(ROAD)) < TILE_M / EXTENT
    areas = sorted(shapely.area(shapes["water"]))
    # Of the sea that goes on beyond the tile there is what lies in the box.
    expected = sorted([in_metres(LAKE).area, (196 * TILE_M / EXTENT) ** 2])
    assert areas == pytest.approx(expected, rel=0.02)
    assert any("OpenStreetMap" in owner for owner in ground.attribution)


def test_the_same_area_is_read_once_and_another_base_map_is_read_anew(reader: GroundReader) -> None:
    before = reader.read([BOX])
    assert reader.read([BOX]) is before
    basemaps = reader._basemaps
    basemaps.remove("region")
    assert not reader.read([BOX]).parts


def test_an_area_with_too_many_tiles_has_no_ground(reader: GroundReader) -> None:
    archive = reader._basemaps.all()[0].archive
    assert choose_zoom(archive, BOX) == 8
    assert choose_zoom(archive, (-HALF_M, -HALF_M, HALF_M, HALF_M)) is None
    assert not reader.read([(-HALF_M, -HALF_M, HALF_M, HALF_M)]).parts


def test_a_damaged_archive_leaves_the_map_without_ground(reader: GroundReader) -> None:
    (path,) = reader._basemaps.folder.glob("*.pmtiles")
    path.write_bytes(path.read_bytes()[:200])
    assert not reader.read([BOX]).parts


def test_the_drawing_has_waters_and_roads_within_the_page(reader: GroundReader) -> None:
    area = MapShape(shapely.multipolygons([shapely.box(*BOX)]), {"ru": "А", "en": "A"}, 3.0, 1)
    values = MapValues("districts", MEASURES["count"], [area], class_breaks(np.array([3])), [])
    words = MapWords(["A"], [], "")
    (box,) = ground_boxes(values)
    # The page is wider than the square, whose height it has with its margins.
    assert box[0] < BOX[0]
    assert box[2] > BOX[2]
    assert (box[0] + box[2], box[1] + box[3]) == pytest.approx((BOX[0] + BOX[2], BOX[1] + BOX[3]))
    assert (box[2] - box[0]) / (box[3] - box[1]) == pytest.approx(1000 / 800)
    bare, drawn = draw_map(values, words, ()), draw_map(values, words, (), reader.read([box]))
    assert bare is not None
    assert drawn is not None
    assert bare.ground == []
    assert [bool(part.width) for part in drawn.ground] == [False, True, True, True, True]
    numbers = [float(number) for part in drawn.ground for number in part.d.translate(str.maketrans("MLZ", "   ")).split()]
    assert min(numbers) >= 0
    assert max(numbers[::2]) <= drawn.width
    assert max(numbers[1::2]) <= drawn.height
    assert draw_map(values, words, (), NO_GROUND) == bare


def test_waters_that_cross_themselves_are_drawn_all_the_same() -> None:
    """As rounding to the grid of a tile makes them."""
    bow_tie = shapely.Polygon([(WEST, NORTH), (WEST + 9e4, NORTH - 9e4), (WEST + 9e4, NORTH), (WEST, NORTH - 9e4)])
    assert not bow_tie.is_valid
    area = MapShape(shapely.multipolygons([shapely.box(*BOX)]), {"ru": "А", "en": "A"}, 3.0, 1)
    values = MapValues("districts", MEASURES["count"], [area], class_breaks(np.array([3])), [])
    waters = GroundPart("water", np.array([bow_tie, shapely.buffer(bow_tie.centroid, 2e4)], np.object_))
    drawn = draw_map(values, MapWords(["A"], [], ""), (), Ground([waters], []))
    assert drawn is not None
    assert drawn.ground[0].d.count("Z") >= 1


def test_a_territory_across_the_antimeridian_has_a_box_on_either_side() -> None:
    sides = [shapely.box(HALF_M - 3e5, 9e6, HALF_M, 9.4e6), shapely.box(-HALF_M, 9e6, -HALF_M + 2e5, 9.4e6)]
    area = MapShape(shapely.multipolygons(sides), {"ru": "А", "en": "A"}, 3.0, 1)
    west, east = ground_boxes(MapValues("districts", MEASURES["count"], [area], class_breaks(np.array([3])), []))
    assert west[2] == HALF_M
    assert east[0] == -HALF_M
    assert west[0] < HALF_M - 3e5
    assert east[2] > -HALF_M + 2e5
    assert west[1::2] == east[1::2]
