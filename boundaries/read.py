"""Reading districts from any GIS file that GDAL knows, in any coordinate system."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FieldError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from boundaries.antimeridian import split, unwrapped
from boundaries.district_arrays import Polygons
from boundaries.records import CODE, DistrictRecord, DistrictRecords, Fields
from geo_service.core.errors import InputError

MAX_MB = 500
POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_SHAPEFILE = (".shp", ".dbf", ".shx", ".prj", ".cpg")
_DEGREES = CRS.from_epsg(4326)

Values = NDArray[Any]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a file."""

    fields: Fields
    crs: str | None = None
    """Instead of the file's own coordinate system."""
    layer: str | None = None
    encoding: str | None = None
    max_mb: float = MAX_MB


def read_units(path: Path, reading: ReadOptions) -> DistrictRecords:
    """The districts in a file; `InputError` says what is wrong with it, and the way out."""
    _check_size(path, reading.max_mb)
    info = _info(path, reading)
    crs = _crs(path, info["crs"], reading.crs)
    if not info["features"]:
        raise InputError(f"cannot read {path.name}: it holds no features")
    _check_fields(path, info["fields"].tolist(), reading.fields)
    geometry, columns = _features(path, reading)
    units = [_unit(path, row, columns, reading.fields) for row in range(len(geometry))]
    codes = [unit.code for unit in units]
    polygons, repaired = valid(path.name, codes, _in_degrees(path, codes, _polygonal(path, codes, geometry), crs))
    return DistrictRecords(units, polygons, repaired)


def valid(name: str, codes: Sequence[str], polygons: Polygons) -> tuple[Polygons, list[str]]:
    """Polygons in degrees with their rings repaired, split at ±180°, and the codes of those that were repaired."""
    done = unwrapped(polygons)
    broken = np.flatnonzero(~shapely.is_valid(done)).tolist()
    done[broken] = [areal(shapely.make_valid(one, method="structure", keep_collapsed=False)) for one in done[broken]]
    done = split(done)
    for row in np.flatnonzero(shapely.area(done) == 0).tolist():
        raise InputError(f"cannot read {name}: the outline of {codes[row]} has no area")
    return done, [codes[row] for row in broken]


def areal(geometry: shapely.Geometry) -> shapely.Geometry:
    """Its polygons alone; what a repair or a cut leaves of lines and points is dropped."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = shapely.get_parts(geometry)
    flat = shapely.get_parts(parts)
    return shapely.union_all(flat[shapely.get_type_id(flat) == shapely.GeometryType.POLYGON])


def _check_size(path: Path, max_mb: float) -> None:
    """A file larger than meant is refused before a byte of it is read."""
    try:
        size = path.stat().st_size
        if path.suffix.lower() == ".shp":
            size = sum(one.stat().st_size for one in map(path.with_suffix, _SHAPEFILE) if one.exists())
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = sum(one.file_size for one in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if path.is_dir():
        raise InputError(f"cannot read {path}: it is a folder; name a file")
    if size > max_mb * 1e6:
        raise InputError(f"cannot read {path.name}: it has {size / 1e6:,.0f} MB, more than the {max_mb:,.0f} MB allowed (--max-mb)")
    if not size:
        raise InputError(f"cannot read {path.name}: it is empty")


def _info(path: Path, reading: ReadOptions) -> dict[str, Any]:
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        if reading.layer is not None and reading.layer not in layers:
            raise InputError(f"cannot read {path.name}: it has no layer {reading.layer!r}; its layers: {', '.join(layers)}")
        if reading.layer is None and len(layers) > 1:
            raise InputError(f"cannot read {path.name}: it has several layers, choose one with --layer: {', '.join(layers)}")
        found: dict[str, Any] = pyogrio.read_info(path, layer=reading.layer, encoding=reading.encoding)
    except (DataSourceError, DataLayerError, LookupError) as error:
        raise InputError(f"cannot read {path.name}: not a GIS file that GDAL can read ({_short(error)})") from None
    return found


def _crs(path: Path, own: str | None, given: str | None) -> CRS:
    if not given and not own:
        raise InputError(
            f"cannot read {path.name}: the file does not say in which coordinate system it is; name it with --crs, as in --crs EPSG:4326"
        )
    try:
        return CRS.from_user_input(given or own)
    except CRSError:
        spelt = f"--crs {given}" if given else f"the coordinate system of {path.name}"
        raise InputError(f"cannot read {path.name}: {spelt} is not known; name one with --crs, as in --crs EPSG:4326") from None


def _check_fields(path: Path, there: list[str], fields: Fields) -> None:
    for name in fields.used():
        if name not in there:
            raise InputError(f"cannot read {path.name}: it has no field {name!r}; its fields: {', '.join(there) or 'none'}")


def _features(path: Path, reading: ReadOptions) -> tuple[Polygons, dict[str, Values]]:
    """Geometries and the columns of all fields that are used."""
    wanted = reading.fields.used()
    try:
        meta, _, wkb, columns = pyogrio.raw.read(path, layer=reading.layer, columns=wanted, encoding=reading.encoding, force_2d=True)
        geometry: Polygons = shapely.from_wkb(wkb, on_invalid="fix") if wkb is not None else np.empty(0, object)
    except (DataSourceError, DataLayerError, FieldError, LookupError, ValueError, RuntimeError, shapely.GEOSException) as error:
        raise InputError(f"cannot read {path.name}: {_short(error)}") from None
    return geometry, dict(zip(meta["fields"].tolist(), columns, strict=True))


def _unit(path: Path, row: int, columns: dict[str, Values], fields: Fields) -> DistrictRecord:
    def needed(field: str, what: str) -> str:
        found = _text(columns[field][row])
        if not found:
            raise InputError(f"cannot read {path.name}: feature {row + 1} has no {what} (field {field!r} is blank)")
        return found

    code = needed(fields.code, "code")
    if not CODE.fullmatch(code):
        raise InputError(
            f"cannot read {path.name}: feature {row + 1} has the code {code!r}; a code is 1-100 characters, no space, no comma"
        )
    name = needed(fields.name, "name")
    names = {language: _text(columns[field][row]) for language, field in fields.name_lang.items()}
    return DistrictRecord(
        code,
        name,
        (_text(columns[fields.name_en][row]) if fields.name_en else "") or name,
        {language: text for language, text in names.items() if text},
        (_text(columns[fields.parent][row]) if fields.parent else "") or None,
        aliases_in(_text(columns[fields.alias][row])) if fields.alias else (),
    )


def aliases_in(text: str) -> tuple[str, ...]:
    """The names in a text with `;` between them."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))


def _text(value: object) -> str:
    """A field's value as text; a whole number without a fraction, nothing as an empty text."""
    if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _polygonal(path: Path, codes: list[str], geometry: Polygons) -> Polygons:
    kinds = shapely.get_type_id(geometry)
    for row in np.flatnonzero(~np.isin(kinds, POLYGONAL) | shapely.is_empty(geometry)):
        kind = "no geometry" if geometry[row] is None or geometry[row].is_empty else f"a {geometry[row].geom_type}"
        raise InputError(f"cannot read {path.name}: feature {row + 1} ({codes[row]}) has {kind}; a district is a polygon or a multipolygon")
    return geometry


def _in_degrees(path: Path, codes: list[str], polygons: Polygons, crs: CRS) -> Polygons:
    try:
        transformer = Transformer.from_crs(crs, _DEGREES, always_xy=True)
        points = shapely.get_coordinates(polygons)
        lng, lat = transformer.transform(points[:, 0], points[:, 1])
    except ProjError as error:
        raise InputError(f"cannot read {path.name}: no way from its coordinate system to degrees ({_short(error)}); see --crs") from None
    sane = np.isfinite(lng) & np.isfinite(lat) & (np.abs(lat) <= 90) & (np.abs(lng) <= 540)
    if not sane.all():
        row = int(np.searchsorted(np.cumsum(shapely.get_num_coordinates(polygons)), np.argmin(sane), "right"))
        raise InputError(
            f"cannot read {path.name}: {codes[row]} lies outside the world in {crs.name};"
            " the file is in another coordinate system: name it with --crs"
        )
    done: Polygons = shapely.set_coordinates(polygons.copy(), np.column_stack([lng, lat]))
    return done


def _short(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
