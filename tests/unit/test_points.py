"""Coordinates in other shapes than two columns of degrees: pairs, angles, WKT, WKB, GeoJSON, and other reference systems."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from geo_service.core.errors import InputError
from geo_service.core.model import GeocodedBy
from ingest.mapping.mapping import LngLatBounds, Mapping, PointOrder, load_mapping
from ingest.mapping.projections import likely_systems
from ingest.push.row_mapping import posted_mapping
from ingest.readers import RawBatch
from ingest.readers.columns import required_columns
from ingest.readers.detect import open_reader
from ingest.readers.records import Record, gather_columns
from ingest.validate.angles import parse_angle
from ingest.validate.entities import EntityResolver
from ingest.validate.points import parse_point
from ingest.validate.validate import ValidatedBatch, Validator

KUBAN: LngLatBounds = (36.5, 43.3, 41.8, 46.9)
SPOT = (38.97, 45.035)
"""In Krasnodar: 38°58'12" E, 45°02'06" N."""

lngs, lats = st.floats(-180, 180).map(lambda x: round(x, 6)), st.floats(-90, 90).map(lambda y: round(y, 6))


def validate(raw: RawBatch, mapping: Mapping, region: LngLatBounds | None = None) -> ValidatedBatch:
    return Validator(mapping, EntityResolver(mapping, Path("nowhere.csv")), region=region).validate(raw)


def own_mapping(**changes: Any) -> Mapping:
    """A mapping with the columns id, at and those of `changes`."""
    columns = {"external_id": "id", "received_at": "at"} | changes.pop("columns")
    source, dates = {"code": "own", "name_ru": "own", "name_en": "own"}, {"time_zone": "UTC"}
    return Mapping.model_validate({"source": source, "dates": dates, "default_status": "new", "columns": columns, **changes})


def load(mapping: Mapping, rows: Sequence[dict[str, str]], region: LngLatBounds | None = None) -> ValidatedBatch:
    full = [{"id": f"{number}", "at": "2026-11-24"} | row for number, row in enumerate(rows)]
    columns = {column.name: [row.get(column.name, "") for row in full] for column in required_columns(mapping)}
    return validate(RawBatch(columns, range(2, 2 + len(rows)), [""] * len(rows), [], 0), mapping, region)


def spots(checked: ValidatedBatch) -> list[tuple[float, float]]:
    return [(round(lng, 5), round(lat, 5)) for lng, lat in zip(checked.batch.lng.tolist(), checked.batch.lat.tolist(), strict=True)]


@given(st.floats(-180, 180))
def test_an_angle_in_minutes_and_seconds_is_the_sum_of_its_parts(degrees: float) -> None:
    minutes, seconds = divmod(round(abs(degrees) * 3600, 3), 60)
    whole, minutes = divmod(minutes, 60)
    expected = (whole + minutes / 60 + seconds / 3600) * (-1 if degrees < 0 else 1)
    for text in (
        f"{whole:.0f}°{minutes:.0f}'{seconds:.3f}\"{'W' if degrees < 0 else 'E'}",
        f"{whole:.0f}° {minutes:.0f}′ {seconds:.3f}″ {'з.д.' if degrees < 0 else 'в. д.'}".replace(".", ",", 1),
        f"{'-' if degrees < 0 else ''}{whole:.0f} {minutes:.0f} {seconds:.3f}",
        f"{'−' if degrees < 0 else ''}{whole:.0f} град. {minutes:.0f} мин. {seconds:.3f} сек.",
    ):
        angle = parse_angle(text.replace(",д", ".д"))
        assert angle is not None and angle.degrees == pytest.approx(expected, abs=1e-9), text


@pytest.mark.parametrize("text", ["45.030.123", "north", "45 61 00", "45.5 30", "", "45°30'75\"", "N 45 E", "8 918 123 45 67"])
def test_what_is_no_angle_is_none(text: str) -> None:
    assert parse_angle(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "45.035, 38.97", "(45.035, 38.97)", "[45,035; 38,97]", "45,035 38,97", "45,035;38,97", "45,035, 38,97", "45,035,38,97",
        "45.035\t38.97", "45.035 , 38.97", "<45.035/38.97>", '"45.035|38.97"', "45.035, 38.97, 120.5", "geo:45.035,38.97",
        "45.035N 38.97E", "38.97E, 45.035N", "N45.035 E38.97", "45°02′06″N 38°58′12″E", "45 02 06 N, 38 58 12 E",
        "45°02'06\" с.ш. 38°58'12\" в.д.", "38°58'12\" в. д.; 45°02'06\" с. ш.", "45,035° с.ш., 38,97° в.д.", "45°02,1' N 38°58,2' E",
        "45°02'06\" 38°58'12\"", "с.ш. 45.035, в.д. 38.97", "Широта: 45,035; Долгота: 38,97", "lng=38.97 lat=45.035",
        "POINT (38.97 45.035)", "point z (38.97 45.035 120)", "SRID=4326;POINT(38.97 45.035)", "MULTIPOINT ((38.97 45.035))",
        '{"type": "Point", "coordinates": [38.97, 45.035]}',
        '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [38.97, 45.035]}}',
        "{'latitude': '45.035', 'longitude': '38.97', 'human_address': ''}", "[38.97, 45.035]",
        '[{"$numberDouble": "38.97"}, {"$numberDouble": "45.035"}]',
        "0101000020E6100000" + shapely.Point(SPOT).wkb_hex[10:], shapely.Point(SPOT).wkb_hex, "\\x" + shapely.Point(SPOT).wkb_hex.lower(),
    ],
)  # fmt: skip
def test_a_column_with_a_whole_point_is_read_in_files_and_when_it_is_sent(text: str) -> None:
    checked = load(own_mapping(columns={"point": "Карта"}), [{"Карта": text}])
    assert (spots(checked), list(checked.rejects)) == ([SPOT], [])
    plain = posted_mapping()
    sent = gather_columns([Record(1, {"id": 1, "received_at": "2026-11-24", "point": text})], required_columns(plain))
    assert spots(validate(sent, plain)) == [SPOT]


@given(lngs, lats)
def test_shapely_and_the_reader_agree_about_wkt_and_wkb(lng: float, lat: float) -> None:
    point = shapely.set_srid(shapely.Point(lng, lat), 4326)
    for text in (point.wkt, shapely.to_wkb(point, hex=True, include_srid=True), shapely.to_geojson(point)):
        found = parse_point(text, None)
        assert found is not None and (found.x, found.y) == pytest.approx((lng, lat), abs=1e-12)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("45.03 38.97", None, (38.97, 45.03)),
        ("45.03 38.97", "lng_lat", (45.03, 38.97)),
        ("131.9 43.1", None, (131.9, 43.1)),
        ("131.9 43.1", "lat_lng", (43.1, 131.9)),
        ("[45.03, 38.97]", "lat_lng", (38.97, 45.03)),
        ("38.97E 45.03N", "lat_lng", (38.97, 45.03)),
        ("POINT (38.97 45.03)", "lat_lng", (38.97, 45.03)),
    ],
)
def test_the_order_of_a_pair_is_what_it_says_itself_then_that_of_the_mapping(
    text: str, order: PointOrder | None, expected: tuple[float, float]
) -> None:
    found = parse_point(text, order)
    assert found is not None and (found.x, found.y) == expected


@pytest.mark.parametrize("text", ["ул. Мира, 5", "45,03", "45", "POINT (38.97)", "0101ZZ", "{}x", "12.10.2026", "38.97E 45.03E", "1;2;3;4"])
def test_what_is_no_point_is_a_broken_row_and_words_are_geocoded_instead(text: str) -> None:
    mapping = own_mapping(columns={"point": "p", "address": "a"})
    checked = load(mapping, [{"p": text}, {"p": text, "a": "г. Абинск"}, {"p": "POINT EMPTY", "a": "г. Абинск"}, {"a": "г. Абинск"}, {}])
    assert [(one.line, one.reason) for one in checked.rejects] == [(6, "missing_coordinates"), (2, "broken_row")]
    assert checked.rejects[1].detail == f"p {text!r} is no pair of coordinates, WKT, WKB or GeoJSON"
    assert [(one.line, one.reason) for one in checked.warnings] == [(3, "coordinates_left_out")]


def test_a_pair_in_the_other_order_is_swapped_where_only_that_leads_into_the_region() -> None:
    checked = load(own_mapping(columns={"point": "p"}), [{"p": "38.97, 45.035"}, {"p": "45.035, 38.97"}], KUBAN)
    assert (spots(checked), checked.batch.geocoded_by.tolist()) == ([SPOT, SPOT], [GeocodedBy.SWAPPED, GeocodedBy.INPUT])
    assert [one.detail for one in checked.warnings] == ["p 38.97, 45.035 are exchanged and have been swapped"]


def test_two_columns_may_have_angles_and_hemispheres_and_decimal_commas() -> None:
    rows = [
        {"lng": "38°58'12\"", "lat": "45°02'06\""}, {"lng": "38.97E", "lat": "N 45.035"}, {"lng": "38,97", "lat": "45,035"},
        {"lng": "45.035 с.ш.", "lat": "38.97 в.д."}, {"lng": "\u221238,97", "lat": "45.035"}, {"lng": "38.97 в.д.", "lat": "45.035 в.д."},
        {"lng": "38.97", "lat": "45.030.123"},
    ]  # fmt: skip
    checked = load(own_mapping(columns={"lng": "lng", "lat": "lat"}), rows)
    assert spots(checked) == [SPOT, SPOT, SPOT, SPOT, (-38.97, 45.035)]
    assert [(one.line, one.reason) for one in checked.warnings] == [(5, "swapped_coordinates")]
    assert {one.line: one.detail for one in checked.rejects} == {
        7: "lng 38.97 в.д., lat 45.035 в.д. are no longitude and latitude",
        8: "lat '45.030.123' is no number",
    }


@pytest.mark.parametrize("epsg", [3857, 32637, 28407, 2497, 20907, 4284])
@pytest.mark.parametrize("exchanged", [False, True])
def test_projected_columns_are_placed_as_proj_says_whichever_column_is_called_x(epsg: int, exchanged: bool) -> None:
    lng, lat = np.array([38.97, 37.5, 40.1]), np.array([45.035, 45.9, 44.0])
    x, y = Transformer.from_crs("OGC:CRS84", epsg, always_xy=True).transform(lng, lat)
    rows = [{"e": f"{n}" if exchanged else f"{e}", "n": f"{e}" if exchanged else f"{n}"} for e, n in zip(x, y, strict=True)]
    checked = load(own_mapping(columns={"lng": "e", "lat": "n"}, crs=f"EPSG:{epsg}"), rows, KUBAN)
    assert np.allclose(checked.batch.lng, lng, atol=1e-5) and np.allclose(checked.batch.lat, lat, atol=1e-5)
    assert [one.reason for one in checked.warnings] == ["swapped_coordinates"] * (3 if exchanged else 0)


def test_pairs_with_a_reference_system_have_the_order_of_its_own_definition() -> None:
    x, y = Transformer.from_crs("OGC:CRS84", 28407, always_xy=True).transform(*SPOT)
    e, n = Transformer.from_crs("OGC:CRS84", 32637, always_xy=True).transform(*SPOT)
    columns = {"point": "p"}
    assert spots(load(own_mapping(columns=columns, crs="EPSG:28407"), [{"p": f"{y} {x}"}, {"p": f"POINT ({x} {y})"}])) == [SPOT, SPOT]
    assert spots(load(own_mapping(columns=columns, crs="EPSG:32637"), [{"p": f"{e} {n}"}])) == [SPOT]
    assert spots(load(own_mapping(columns=columns, crs="EPSG:28407", point_order="lng_lat"), [{"p": f"{x} {y}"}])) == [SPOT]
    assert spots(load(own_mapping(columns=columns), [{"p": f"SRID=32637;POINT({e} {n})"}])) == [SPOT]
    (reject,) = load(own_mapping(columns=columns), [{"p": "SRID=99999;POINT(1 2)"}]).rejects
    assert reject.detail == "p SRID=99999;POINT(1 2) is in the unknown system EPSG:99999"


def test_thousands_may_be_set_apart_and_a_system_may_be_a_proj_string() -> None:
    local = "+proj=tmerc +lat_0=0 +lon_0=38.48333333333 +k=1 +x_0=1300000 +y_0=-4511057.628 +ellps=krass +units=m +no_defs"
    x, y = Transformer.from_crs("OGC:CRS84", local, always_xy=True).transform(*SPOT)
    rows = [{"x": f"{x:,.2f}".replace(",", " "), "y": f"{y:,.2f}"}, {"x": f"{x:.2f}".replace(".", ","), "y": f"{y:.2f}"}]
    assert spots(load(own_mapping(columns={"lng": "x", "lat": "y"}, crs=local), rows)) == [SPOT, SPOT]


@pytest.mark.parametrize("crs", ["EPSG:999999", "мск-23", "EPSG:4978", "EPSG:5705", ""])
def test_an_unknown_system_is_refused_when_the_mapping_is_read(tmp_path: Path, crs: str) -> None:
    plain = (Path(load_mapping.__code__.co_filename).parent / "mappings" / "plain.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(f"crs = '{crs}'\n{plain}", encoding="utf-8")
    with pytest.raises(InputError, match=r"crs: .*allowed: .*EPSG:32637"):
        load_mapping(f"{tmp_path / 'own.toml'}")


def test_numbers_that_look_projected_are_said_to_be_and_the_likely_system_is_named_by_the_region() -> None:
    e, n = Transformer.from_crs("OGC:CRS84", 32637, always_xy=True).transform(*SPOT)
    mapping = own_mapping(columns={"lng": "x", "lat": "y"})
    rows = [{"x": f"{e:.0f}", "y": f"{n:.0f}"}, {"x": "38.97", "y": "45.035"}, {"x": "200", "y": "45"}]
    checked = load(mapping, rows, KUBAN)
    details = {one.line: one.detail for one in checked.rejects}
    assert "look projected, in metres" in details[2] and "EPSG:32637 (WGS 84 / UTM zone 37N)" in details[2]
    assert (details[4], spots(checked)) == ("x 200, y 45", [SPOT])
    zurich = load(mapping, [{"x": "2683920", "y": "1245604"}])
    assert "EPSG:2056 (CH1903+ / LV95)" in zurich.rejects[0].detail
    unknown = load(mapping, [{"x": f"{e:.0f}", "y": f"{n:.0f}"}]).rejects[0].detail
    assert "look projected" in unknown and "EPSG" not in unknown


@pytest.mark.parametrize("epsg", [32637, 28407, 3857])
def test_the_likely_system_is_among_those_named(epsg: int) -> None:
    x, y = Transformer.from_crs("OGC:CRS84", epsg, always_xy=True).transform(np.array([38.97, 39.9]), np.array([45.03, 44.2]))
    assert any(name.startswith(f"EPSG:{epsg} ") for name in likely_systems(x, y, KUBAN))


def test_the_likely_system_is_named_in_a_region_across_the_antimeridian() -> None:
    x, y = Transformer.from_crs("OGC:CRS84", 32660, always_xy=True).transform(np.array([177.5, 179.9]), np.array([64.7, 65.2]))
    assert any(name.startswith("EPSG:32660 ") for name in likely_systems(x, y, (175.0, 64.0, -179.0, 66.0)))


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("name", ["urn:ogc:def:crs:EPSG::32637", "EPSG:3857", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4284"])
def test_the_reference_system_of_a_geojson_collection_is_kept_to(tmp_path: Path, name: str, behind: bool) -> None:
    x, y = Transformer.from_crs("OGC:CRS84", name, always_xy=True).transform(*SPOT)
    crs = {"crs": {"type": "name", "properties": {"name": name}}}
    feature = {"type": "Feature", "properties": {"id": 1, "at": "2026-11-24"}, "geometry": {"type": "Point", "coordinates": [x, y]}}
    collection = {"type": "FeatureCollection", **({} if behind else crs), "features": [feature], **(crs if behind else {})}
    (tmp_path / "some.geojson").write_text(json.dumps(collection))
    for own in (None, "EPSG:2056"):
        mapping = own_mapping(columns={"lng": "lng", "lat": "lat"}, crs=own)
        (raw,) = open_reader(tmp_path / "some.geojson", mapping).batches(10)
        assert spots(validate(raw, mapping)) == [SPOT]
    # GDAL understands the same name.
    crs_of_gdal = pyogrio.read_info(tmp_path / "some.geojson")["crs"]
    assert np.allclose(Transformer.from_crs(crs_of_gdal, "OGC:CRS84", always_xy=True).transform(x, y), SPOT)


def test_a_geojson_without_a_system_has_that_of_the_mapping_and_an_unusable_one_is_refused(tmp_path: Path) -> None:
    x, y = Transformer.from_crs("OGC:CRS84", 32637, always_xy=True).transform(*SPOT)
    feature = {"type": "Feature", "properties": {"id": 1, "at": "2026-11-24"}, "geometry": {"type": "Point", "coordinates": [x, y]}}
    mapping = own_mapping(columns={"lng": "lng", "lat": "lat"}, crs="EPSG:32637")
    path = tmp_path / "some.geojson"
    for crs in ({}, {"crs": None}):
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature], **crs}))
        assert spots(validate(next(iter(open_reader(path, mapping).batches(10))), mapping)) == [SPOT]
    for unusable in ({"type": "link", "properties": {"href": "x"}}, {"type": "name", "properties": {"name": "EPSG:999999"}}, 5):
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature], "crs": unusable}))
        with pytest.raises(InputError, match=r"some\.geojson: .*(names no|unknown coordinate) reference system.*allowed"):
            list(open_reader(path, mapping).batches(10))


def test_a_sent_feature_may_name_its_system() -> None:
    x, y = Transformer.from_crs("OGC:CRS84", 3857, always_xy=True).transform(*SPOT)
    feature = {
        "type": "Feature", "crs": {"type": "name", "properties": {"name": "EPSG:3857"}},
        "geometry": {"type": "Point", "coordinates": [x, y]}, "properties": {"id": "1", "received_at": "2026-11-24"},
    }  # fmt: skip
    plain = posted_mapping()
    assert spots(validate(gather_columns([Record(1, feature)], required_columns(plain)), plain)) == [SPOT]


def test_geoparquet_keeps_its_own_system_and_plain_columns_have_that_of_the_mapping(tmp_path: Path) -> None:
    x, y = Transformer.from_crs("OGC:CRS84", 32637, always_xy=True).transform(*SPOT)
    columns = {"id": ["1"], "at": ["2026-11-24"], "geometry": [shapely.Point(x, y).wkb], "e": [x], "n": [y]}
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB", "crs": "EPSG:32637"}}}
    pq.write_table(pa.table(columns).replace_schema_metadata({"geo": json.dumps(geo)}), tmp_path / "some.parquet")
    for lng, lat in (("lng", "lat"), ("e", "n")):
        mapping = own_mapping(columns={"lng": lng, "lat": lat}, crs="EPSG:32637")
        (raw,) = open_reader(tmp_path / "some.parquet", mapping).batches(10)
        assert spots(validate(raw, mapping)) == [SPOT]


def test_extended_json_of_mongodb_is_read_in_files_and_when_it_is_sent(tmp_path: Path) -> None:
    record = {
        "_id": {"$oid": "507f1f77bcf86cd799439011"}, "n": {"$numberLong": "7"},
        "createdAt": {"$date": {"$numberLong": "1795515300000"}}, "closedAt": {"$date": "2026-11-25T10:00:00Z"},
        "location": {"type": "Point", "coordinates": [{"$numberDouble": "38.97"}, {"$numberDouble": "45.035"}]},
    }  # fmt: skip
    (tmp_path / "export.ndjson").write_text(json.dumps(record) + "\n")
    for at in ("createdAt", "createdAt.$date", "createdAt.$date.$numberLong"):
        mapping = own_mapping(columns={"external_id": "_id", "received_at": at, "closed_at": "closedAt", "point": "location"})
        (raw,) = open_reader(tmp_path / "export.ndjson", mapping).batches(10)
        checked = validate(raw, mapping)
        assert (checked.batch.external_id, spots(checked)) == (["507f1f77bcf86cd799439011"], [SPOT])
        assert [f"{one:%Y-%m-%dT%H:%M}" for one in checked.batch.received_at.tolist()] == [f"{np.datetime64(1795515300, 's')}"[:16]]
        assert str(checked.batch.closed_at[0])[:19] == "2026-11-25T10:00:00"
    plain = posted_mapping()
    sent = {"id": record["_id"], "received_at": record["createdAt"], "point": record["location"]}
    assert spots(validate(gather_columns([Record(1, sent)], required_columns(plain)), plain)) == [SPOT]
