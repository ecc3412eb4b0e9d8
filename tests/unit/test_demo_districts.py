"""The demo region's districts: a coverage without overlaps and gaps, in which the demo's messages lie where they belong."""

import json
from functools import cache

import numpy as np
import pytest
import shapely

from boundaries.check import CheckContext, check_districts
from boundaries.csv_attributes import names_of
from boundaries.geometry.geodesic import area_m2
from boundaries.locating.district_arrays import DistrictArrays
from boundaries.locating.locate import Locator
from boundaries.names import DistrictNames, normalise_name
from boundaries.report import FaultKind
from geo_service.core.model import DistrictLevel
from ingest.demo.district_loader import make_district_records, make_region_record
from ingest.demo.geography.region import is_habitable, read_municipalities, read_neighbours, read_settlements
from ingest.demo.geography.territory import build_district_areas, build_region_outline
from ingest.demo.messages.draws import draw_days
from ingest.demo.messages.locations import draw_locations, is_on_highway
from tests.support.real_data import BOUNDARIES, needs

REAL = BOUNDARIES / "five_regions_districts.geojson"
ADYGEA = {
    "Maykop": (40.10, 44.61),
    "Adygeysk": (39.19, 44.88),
    "Enem": (38.906, 44.926),
    "Khodz": (40.714, 44.51),
    "Guzeripl": (40.138, 43.997),
}
AREA_KM2 = 75_485
"""Of Krasnodar Krai, says Rosstat."""


@cache
def real() -> dict[str, shapely.Geometry]:
    """Surveyed districts of the krai by their normalise_name names."""
    features = [one for one in json.loads(REAL.read_text(encoding="utf-8"))["features"] if one["properties"]["region_code"] == "23"]
    return {normalise_name(one["properties"]["name_ru"]): shapely.from_geojson(json.dumps(one["geometry"])) for one in features}


def overlap(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Common area by the area of both together."""
    return float(shapely.area(shapely.intersection(one, other)) / shapely.area(shapely.union(one, other)))


def test_districts_are_a_coverage_and_the_region_is_their_union() -> None:
    assert len(build_district_areas()) == len(read_municipalities()) == 45
    assert shapely.is_valid(build_district_areas()).all()
    assert shapely.coverage_is_valid(build_district_areas(), gap_width=0.003)
    assert build_region_outline().equals(shapely.union_all(build_district_areas()))
    assert build_region_outline().geom_type == "Polygon"


def test_the_check_refuses_nothing_and_finds_only_the_enclaves() -> None:
    children = check_districts(make_district_records(), CheckContext(np.full(45, build_region_outline(), object), np.empty(0, object), ()))
    assert not children.repaired
    assert {fault.kind for fault in (*children.faults, *check_districts(make_region_record(), CheckContext.empty(1)).faults)} == {
        FaultKind.ENCLAVE
    }
    assert not children.refused


def test_every_settlement_lies_in_the_district_of_its_municipality() -> None:
    towns = read_settlements()
    assert shapely.contains_xy(build_district_areas()[towns.municipality], towns.lng, towns.lat).all()
    assert [int(towns.municipality[one.centre]) for one in read_municipalities()] == list(range(45))


def test_adygea_and_the_other_neighbours_are_left_out() -> None:
    assert not shapely.contains_xy(build_region_outline(), *read_neighbours()).any()
    assert not [name for name, place in ADYGEA.items() if build_region_outline().contains(shapely.Point(place))]
    enclaves = shapely.get_parts([shapely.Polygon(ring) for ring in build_region_outline().interiors])
    assert shapely.contains_xy(max(enclaves, key=shapely.area), *ADYGEA["Maykop"])


def test_no_district_reaches_into_the_sea() -> None:
    corners = shapely.get_coordinates(shapely.buffer(build_district_areas(), -0.001))
    assert is_habitable(*corners.T).all()


def test_messages_lie_in_a_district_and_in_the_one_of_their_settlement() -> None:
    messages = draw_days(20_600, 20_660)
    spots = draw_locations(messages)
    located = DistrictArrays(
        np.arange(1, 46, dtype=np.int32), np.full(45, DistrictLevel.DISTRICT, np.int16), np.zeros(45, np.int32), build_district_areas()
    )
    district, _ = Locator(located).locate(spots.lng, spots.lat)
    own = district - 1 == read_settlements().municipality[messages.town]
    assert (district > 0).mean() >= 0.995
    assert own.mean() >= 0.9
    assert own[~is_on_highway(messages)].mean() >= 0.97


def test_districts_are_found_by_their_names_centres_and_codes() -> None:
    names = DistrictNames(names_of(unit) for unit in (*make_region_record().units, *make_district_records().units))
    wanted = {
        "Абинский муниципальный округ": "demo-abinsky", "Полтавская": "demo-krasnoarmeysky", "Тимашевский район": "demo-timashyovsky",
        "город-курорт Сочи": "demo-sochi", "03628000": "demo-kushchevsky", "Ust-Labinsky District": "demo-ust-labinsky",
        "Кубань": "demo-krai",
    }  # fmt: skip
    assert {name: names.find(name) for name in wanted} == wanted
    assert all(
        names.find(name) == unit.code for unit in make_district_records().units for name in (unit.name_ru, unit.name_en, *unit.aliases)
    )


def test_everything_is_marked_as_approximate_and_unknown_populations_are_empty() -> None:
    assert make_district_records().approximate
    assert make_region_record().approximate
    known = {unit.code: unit.population for unit in make_district_records().units if unit.population is not None}
    assert known["demo-temryuksky"] == 127_788
    assert len(known) == 17


def test_areas_are_of_the_right_size() -> None:
    assert area_m2(np.array([build_region_outline()]))[0] / 1e6 == pytest.approx(AREA_KM2, rel=0.03)


@needs(REAL)
def test_approximate_districts_resemble_the_surveyed_ones() -> None:
    assert overlap(build_region_outline(), shapely.union_all(list(real().values()))) > 0.9
    alike = {
        unit.name_ru: overlap(area, real()[normalise_name(unit.name_ru)])
        for unit, area in zip(make_district_records().units, build_district_areas(), strict=True)
        if normalise_name(unit.name_ru) in real()
    }
    assert set(real()) == set(map(normalise_name, alike))
    assert np.mean(list(alike.values())) > 0.6
    assert min(alike.values()) > 0.35


@needs(REAL)
def test_codes_are_those_of_the_classifier() -> None:
    properties = [one["properties"] for one in json.loads(REAL.read_text(encoding="utf-8"))["features"]]
    told = {normalise_name(one["name_ru"]): one["oktmo"] for one in properties if one["region_code"] == "23"}
    ours = {
        normalise_name(unit.name_ru): one.oktmo
        for unit, one in zip(make_district_records().units, read_municipalities(), strict=True)
        if one.oktmo
    }
    assert ours == told
