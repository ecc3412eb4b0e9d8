"""The model of a mapping file.

Shipped mappings are in `ingest/mapping/mappings/`; docs/ingest.md lists every key.
"""

import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from geo_service.core.errors import InputError
from geo_service.core.model import SECTORS, Status
from geo_service.core.resources import package_folder
from geo_service.core.toml_config import Part, read_toml
from ingest.mapping.date_formats import check_date_format

SHIPPED = package_folder("ingest.mapping") / "mappings"
STAND_IN = "open311server"
"""Code of a shipped mapping's source that gets the name of the server it is used for."""
SECTOR_CODES = tuple(sector.code for sector in SECTORS)
STATUS_CODES = tuple(status.code for status in Status)


def _sector(code: str) -> str:
    if code not in SECTOR_CODES:
        raise ValueError(f"unknown sector {code!r}; allowed: {', '.join(SECTOR_CODES)}")
    return code


def _status(code: str) -> str:
    if code not in STATUS_CODES:
        raise ValueError(f"unknown status {code!r}; allowed: {', '.join(STATUS_CODES)}")
    return code


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}; allowed: an IANA name such as Europe/Moscow") from error
    return name


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError as error:
        raise ValueError(f"unknown encoding {name!r}; allowed: such as utf-8, cp1251, koi8-r") from error
    return name


def _field(name: str) -> str:
    if name not in ColumnNames.model_fields:
        raise ValueError(f"unknown field {name!r}; allowed: {', '.join(ColumnNames.model_fields)}")
    return name


def _crs(name: object) -> str:
    # Loaded only where a mapping names a system: it takes a tenth of a second.
    from ingest.mapping.projections import parse_crs

    parse_crs(f"{name}")
    return f"{name}"


def _bounds(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = box
    # West > east is across the antimeridian; more than half the globe that way is an exchange of the two.
    is_arc = west < east or 0 < east - west + 360 <= 180
    if not (-180 <= west <= 180 and -180 <= east <= 180 and is_arc and -90 <= south < north <= 90):
        raise ValueError(
            "bounds must be west < east within -180..180, or west > east across the antimeridian, and south < north within -90..90"
        )
    return box


SectorCode = Annotated[str, AfterValidator(_sector)]
StatusCode = Annotated[str, AfterValidator(_status)]
_CODE = r"^[^\s,]{1,60}$"
Code = Annotated[str, Field(pattern=_CODE)]
LngLatBounds = Annotated[tuple[float, float, float, float], AfterValidator(_bounds)]
"""West, south, east, north, degrees; west > east across the antimeridian."""

PointOrder = Literal["lat_lng", "lng_lat"]
"""Which number of a pair comes first; with a reference system the northing counts as latitude."""

FormatName = Literal["csv", "xlsx", "ndjson", "json", "geojson", "parquet"]
ExportName = Literal["vk", "telegram"]
"""Exports of social networks, whose columns are the same for each."""
InstantField = Literal["received_at", "due_at", "answered_at", "closed_at", "updated_at"]


class FileFormat(Part):
    """How the bytes of the file are split into fields."""

    format: FormatName | ExportName | None = None
    """Recognised by the file's content and name when absent; an export must be named."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Recognised when absent."""
    quote: Annotated[str, Field(max_length=1)] = '"'
    """Blank when fields are never quoted."""
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    """Recognised when absent."""
    decimal: Literal[".", ","] = "."
    skip: Annotated[int, Field(ge=0, le=1000)] = 0
    """Lines (of a sheet: rows) before the header."""
    sheet: str | None = None
    """Name of a workbook's sheet; the first when absent."""
    rows: str | None = None
    """Path of the list of rows in a JSON document, such as `result.records`; the first list of objects when absent."""


class ColumnNames(Part):
    """The name of the file's column for each field."""

    external_id: str
    received_at: str
    lng: str | None = None
    lat: str | None = None
    point: str | None = None
    """A pair of coordinates, WKT, WKB in hexadecimal digits or GeoJSON; for rows without `lng` and `lat`."""
    theme: str | None = None
    theme_code: str | None = None
    """Code of the theme that `theme` names; without it the name is the code."""
    sector: str | None = None
    status: str | None = None
    agency: str | None = None
    agency_code: str | None = None
    """Code of the agency that `agency` names; without it the name is the code."""
    address: str | None = None
    text: str | None = None
    """The message itself; it is geocoded where the address names no place."""
    context: str | None = None
    """The message that is answered; it is geocoded where neither address nor text names a place, and not stored."""
    due_at: str | None = None
    answered_at: str | None = None
    closed_at: str | None = None
    updated_at: str | None = None


FieldName = Annotated[str, AfterValidator(_field)]


class Dates(Part):
    """The formats of instants; local ones are in `time_zone`."""

    formats: tuple[Annotated[str, AfterValidator(check_date_format)], ...] = Field(default=("iso",), min_length=1)
    """Tried in this order: those of `NAMED_FORMATS`, or `strptime` formats."""
    time_zone: Annotated[str, AfterValidator(_zone)]
    end_of_day: tuple[InstantField, ...] = ()
    """Fields in which a date without a time means the end of that day."""


class MappingSource(Part):
    """The source of the incidents."""

    code: Code
    name_ru: str
    name_en: str
    attribution: str = ""
    synthetic: bool = False


class ThemeEntry(Part):
    """The theme that a value of the theme column stands for."""

    sector: SectorCode
    ru: str
    en: str


class Lookup(Part):
    """A CSV file beside the input with the names of the agencies that the input only numbers; used when it is there."""

    file: Annotated[str, Field(pattern=r"^[^/\\]+$")]
    key: str
    name: str


class Mapping(Part):
    """How the columns of an input become fields of incidents."""

    source: MappingSource
    columns: ColumnNames
    dates: Dates
    file: FileFormat = FileFormat()
    other_names: dict[FieldName, tuple[str, ...]] = Field(default_factory=dict)
    """Other names that a field's column may have."""
    optional: tuple[FieldName, ...] = ()
    """Fields whose column may be absent; their rows are blank there."""
    status: dict[str, StatusCode] = Field(default_factory=dict)
    default_status: StatusCode | None = None
    """Status of rows whose status is blank, or of all rows when there is no such column."""
    unknown_status: StatusCode | None = None
    """Status of rows with a status that `status` does not name; without it, and without `GEO_UNKNOWN_STATUS`, they are rejected."""
    default_sector: SectorCode = "other"
    sectors: dict[str, SectorCode] = Field(default_factory=dict)
    """Value of the sector column → sector; codes and Russian and English names of sectors need not be listed."""
    classifier: str | None = None
    """Rules that find the theme of rows that have only a text: `ru`, or the path of a rules file."""
    themes: dict[str, ThemeEntry] = Field(default_factory=dict)
    agencies: Lookup | None = None
    deadlines: bool = True
    """Whether rows without a deadline get one from the service's rules."""
    bounds: LngLatBounds | None = None
    """Rows outside are rejected."""
    crs: Annotated[str, BeforeValidator(_crs)] | None = None
    """Reference system of the coordinates, such as EPSG:32637; degrees when absent. `lng` is the easting, `lat` the northing."""
    point_order: PointOrder | None = None
    """Order of pairs in `columns.point`; recognised row by row when absent."""

    @model_validator(mode="after")
    def _complete(self) -> "Mapping":
        if (self.columns.lng is None) != (self.columns.lat is None):
            raise ValueError("only one of columns.lng and columns.lat is given; allowed: both or none")
        if not (self.columns.lng or self.columns.point or self.columns.address or self.columns.text):
            raise ValueError("nothing says where: columns.lng and columns.lat, columns.point, columns.address or columns.text are needed")
        if self.columns.status is None and self.default_status is None:
            raise ValueError("neither columns.status nor default_status is given; one of them is needed")
        return self


def shipped_names() -> list[str]:
    """Names of the shipped mappings."""
    return sorted(file.stem for file in SHIPPED.glob("*.toml"))


def load_mapping(name: str) -> Mapping:
    """The shipped mapping `name`, or the one in the file at that path.

    `InputError` names the file, the key and what is allowed.
    """
    path = SHIPPED / f"{name}.toml" if name in shipped_names() else Path(name)
    return read_toml(path, Mapping, "the mapping", InputError, f"{', '.join(shipped_names())}, or the path of a TOML file")


def with_source(mapping: Mapping, code: str, name: str) -> Mapping:
    """The mapping for the source with this code; `name` is used where the mapping does not name its source.

    `InputError` for an invalid code.
    """
    if not re.fullmatch(_CODE, code):
        raise InputError(f"{code[:80]!r} cannot be the code of a source; allowed: 1 to 60 characters, no comma and no white space")
    names = {"name_ru": name, "name_en": name} if mapping.source.code == STAND_IN else {}
    return mapping.model_copy(update={"source": mapping.source.model_copy(update={"code": code, **names})})
