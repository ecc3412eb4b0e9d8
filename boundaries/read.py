"""Read districts from any GIS file that GDAL can read, in any coordinate system."""

import codecs
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FieldError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from boundaries.geometry.antimeridian import split_polygons, unwrap_polygons
from boundaries.locating.district_arrays import Polygons
from boundaries.reading.encoding import CANDIDATES, find_wrong_encoding, guess_encoding, read_unnamed_texts
from boundaries.reading.gdal_warnings import collect_warnings
from boundaries.reading.generated_codes import make_code
from boundaries.records import CODE, AttributeFields, DistrictRecord, DistrictRecords
from geo_service.core.errors import InputError

MAX_MB = 500
POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_SHAPEFILE = (".shp", ".dbf", ".shx", ".prj", ".cpg")
"""Extensions of the files that together are a shapefile."""
_DEGREES = CRS.from_epsg(4326)

FieldValues = NDArray[Any]
"""The values of a field, one for each feature."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a file."""

    fields: AttributeFields
    crs: str | None = None
    """Overrides the coordinate system in the file."""
    layer: str | None = None
    encoding: str | None = None
    max_mb: float = MAX_MB
    level: str = "district"
    """Code of the level, for codes that are made from names."""


def read_districts(path: Path, options: ReadOptions) -> DistrictRecords:
    """Read the districts of a file. Raises `InputError`."""
    _check_size(path, options.max_mb)
    with collect_warnings(path.name) as notes:
        units, polygons, repaired = _read_checked(path, options, notes)
    return DistrictRecords(units, polygons, repaired, notes=tuple(dict.fromkeys(notes)))


def _read_checked(path: Path, options: ReadOptions, notes: list[str]) -> tuple[list[DistrictRecord], Polygons, list[str]]:
    """Return attributes and polygons of the districts, and the codes of those that were repaired. notes: gets what is to be said."""
    options = _choose_encoding(path, options, notes)
    info = _read_info(path, options)
    crs = _resolve_crs(path, info["crs"], options.crs)
    if not info["features"]:
        raise InputError(f"cannot read {path.name}: it holds no features")
    _check_fields(path, info["fields"].tolist(), options.fields)
    geometry, columns = _read_features(path, options)
    units = [_build_record(path, row, columns, options) for row in range(len(geometry))]
    _check_encoding(path, units)
    codes = [unit.code for unit in units]
    _check_types(path, codes, geometry)
    polygons, repaired = repair_polygons(path.name, codes, _to_degrees(path, codes, geometry, crs))
    return units, polygons, repaired


def _choose_encoding(path: Path, options: ReadOptions, notes: list[str]) -> ReadOptions:
    """Return the options with the encoding of a shapefile that does not name it. Raises `InputError` if it cannot be recognised."""
    if options.encoding is not None:
        _check_encoding_name(path, options.encoding)
        return options
    try:
        texts = read_unnamed_texts(path, options.fields.used())
    except (OSError, zipfile.BadZipFile, struct.error) as error:
        raise InputError(f"cannot read {path.name}: {error}") from None
    if texts is None:
        return options
    encoding = guess_encoding(texts)
    if encoding is None:
        raise InputError(
            f"cannot read {path.name}: it does not name the encoding of its text (there is no .cpg file), and it is neither UTF-8 nor"
            f" plainly {' or '.join(CANDIDATES)}; name it with --encoding, as in --encoding cp1251"
        )
    if not all(map(bytes.isascii, texts)):
        notes.append(f"{path.name} does not name the encoding of its text; it was read as {encoding}; another one: --encoding")
    return replace(options, encoding=encoding)


def _check_encoding_name(path: Path, encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise InputError(f"cannot read {path.name}: --encoding {encoding!r} is not known; allowed: such as utf-8, cp1251, cp866") from None


def _check_encoding(path: Path, units: Sequence[DistrictRecord]) -> None:
    """Refuse names that were read in a wrong encoding. Raises `InputError`."""
    names = [name for unit in units for name in (unit.name_ru, unit.name_en, *unit.names.values(), *unit.aliases)]
    if right := find_wrong_encoding(names):
        shown = next(name for name in names if find_wrong_encoding([name]))
        raise InputError(f"cannot read {path.name}: {shown!r} is text in a wrong encoding; name the right one, as in --encoding {right}")


def repair_polygons(name: str, codes: Sequence[str], polygons: Polygons) -> tuple[Polygons, list[str]]:
    """Return valid polygons that are split at ±180°, and the codes of those that had to be repaired.

    polygons: in degrees. Raises `InputError` for a polygon without an area.
    """
    done = unwrap_polygons(polygons)
    invalid = np.flatnonzero(~shapely.is_valid(done)).tolist()
    done[invalid] = [keep_polygons(shapely.make_valid(geometry, method="structure", keep_collapsed=False)) for geometry in done[invalid]]
    done = split_polygons(done)
    for row in np.flatnonzero(shapely.area(done) == 0).tolist():
        raise InputError(f"cannot read {name}: the outline of {codes[row]} has no area")
    return done, [codes[row] for row in invalid]


def keep_polygons(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a geometry; lines and points, which a repair can leave, are dropped."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = shapely.get_parts(geometry)
    flat = shapely.get_parts(parts)
    return shapely.union_all(flat[shapely.get_type_id(flat) == shapely.GeometryType.POLYGON])


def _check_size(path: Path, max_mb: float) -> None:
    """Refuse a file that is too large before it is read. Raises `InputError`."""
    try:
        size = path.stat().st_size
        if path.suffix.lower() == ".shp":
            size = sum(file.stat().st_size for file in map(path.with_suffix, _SHAPEFILE) if file.exists())
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if path.is_dir():
        raise InputError(f"cannot read {path}: it is a folder; name a file")
    if size > max_mb * 1e6:
        raise InputError(f"cannot read {path.name}: it has {size / 1e6:,.0f} MB, more than the {max_mb:,.0f} MB allowed (--max-mb)")
    if not size:
        raise InputError(f"cannot read {path.name}: it is empty")


def _read_info(path: Path, options: ReadOptions) -> dict[str, Any]:
    """Return GDAL's description of the layer."""
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        if options.layer is not None and options.layer not in layers:
            raise InputError(f"cannot read {path.name}: it has no layer {options.layer!r}; its layers: {', '.join(layers)}")
        if options.layer is None and len(layers) > 1:
            raise InputError(f"cannot read {path.name}: it has several layers, choose one with --layer: {', '.join(layers)}")
        info: dict[str, Any] = pyogrio.read_info(path, layer=options.layer, encoding=options.encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(path, options) from error
    except (DataSourceError, DataLayerError, LookupError) as error:
        raise InputError(f"cannot read {path.name}: not a GIS file that GDAL can read ({_short(error)})") from None
    return info


def _undecodable(path: Path, options: ReadOptions) -> InputError:
    named = f"--encoding {options.encoding}" if options.encoding else "the encoding that it names"
    return InputError(f"cannot read {path.name}: its text is not in {named}; name the right one, as in --encoding cp1251")


def _resolve_crs(path: Path, file_crs: str | None, option: str | None) -> CRS:
    """Return the coordinate system of the option, or else of the file."""
    if not option and not file_crs:
        raise InputError(f"cannot read {path.name}: it does not name its coordinate system; name it with --crs, as in --crs EPSG:4326")
    try:
        return CRS.from_user_input(option or file_crs)
    except CRSError:
        subject = f"--crs {option}" if option else f"the coordinate system of {path.name}"
        raise InputError(f"cannot read {path.name}: {subject} is not known; name one with --crs, as in --crs EPSG:4326") from None


def _check_fields(path: Path, existing: list[str], fields: AttributeFields) -> None:
    for name in fields.used():
        if name not in existing:
            raise InputError(f"cannot read {path.name}: it has no field {name!r}; its fields: {', '.join(existing) or 'none'}")


def _read_features(path: Path, options: ReadOptions) -> tuple[Polygons, dict[str, FieldValues]]:
    """Return the geometries, and the values of the fields that are used."""
    fields = options.fields.used()
    try:
        meta, _, wkb, columns = pyogrio.raw.read(path, layer=options.layer, columns=fields, encoding=options.encoding, force_2d=True)
        geometry: Polygons = shapely.from_wkb(wkb, on_invalid="fix") if wkb is not None else np.empty(0, object)
    except UnicodeDecodeError as error:
        raise _undecodable(path, options) from error
    except (DataSourceError, DataLayerError, FieldError, LookupError, ValueError, RuntimeError, shapely.GEOSException) as error:
        raise InputError(f"cannot read {path.name}: {_short(error)}") from None
    return geometry, dict(zip(meta["fields"].tolist(), columns, strict=True))


def _build_record(path: Path, row: int, columns: dict[str, FieldValues], options: ReadOptions) -> DistrictRecord:
    def read_required(field: str, attribute: str) -> str:
        text = _to_text(columns[field][row])
        if not text:
            raise InputError(f"cannot read {path.name}: feature {row + 1} has no {attribute} (field {field!r} is blank)")
        return text

    fields = options.fields
    name = read_required(fields.name, "name")
    parent = (_to_text(columns[fields.parent][row]) if fields.parent else "") or None
    code = read_required(fields.code, "code") if fields.code else make_code(options.level, name, parent)
    if not CODE.fullmatch(code):
        raise InputError(
            f"cannot read {path.name}: feature {row + 1} has the code {code!r}; a code is 1-100 characters, no space, no comma;"
            " for a file without codes: --code-from-name"
        )
    names = {language: _to_text(columns[field][row]) for language, field in fields.name_lang.items()}
    return DistrictRecord(
        code,
        name,
        (_to_text(columns[fields.name_en][row]) if fields.name_en else "") or name,
        {language: text for language, text in names.items() if text},
        parent,
        split_aliases(_to_text(columns[fields.alias][row])) if fields.alias else (),
    )


def split_aliases(text: str) -> tuple[str, ...]:
    """Return the different names in a text that separates them by `;`."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))


def _to_text(value: object) -> str:
    """Return the value of a field as text: integers without a fraction, and an empty text for null."""
    if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _check_types(path: Path, codes: list[str], geometry: Polygons) -> None:
    """Raise `InputError` for a geometry that is neither a polygon nor a multipolygon."""
    types = shapely.get_type_id(geometry)
    for row in np.flatnonzero(~np.isin(types, POLYGONAL) | shapely.is_empty(geometry)):
        actual = "no geometry" if geometry[row] is None or geometry[row].is_empty else f"a {geometry[row].geom_type}"
        raise InputError(
            f"cannot read {path.name}: feature {row + 1} ({codes[row]}) has {actual}; a district is a polygon or a multipolygon"
        )


def _to_degrees(path: Path, codes: list[str], polygons: Polygons, crs: CRS) -> Polygons:
    """Return the polygons in EPSG:4326. Raises `InputError`, with the code of a district that is outside of the world."""
    try:
        transformer = Transformer.from_crs(crs, _DEGREES, always_xy=True)
        points = shapely.get_coordinates(polygons)
        lng, lat = transformer.transform(points[:, 0], points[:, 1])
    except ProjError as error:
        raise InputError(
            f"cannot read {path.name}: its coordinates cannot be converted to degrees ({_short(error)}); name its system with --crs"
        ) from None
    # Up to a turn and a half: some files continue beyond ±180° instead of splitting polygons there.
    on_earth = np.isfinite(lng) & np.isfinite(lat) & (np.abs(lat) <= 90) & (np.abs(lng) <= 540)
    if not on_earth.all():
        row = int(np.searchsorted(np.cumsum(shapely.get_num_coordinates(polygons)), np.argmin(on_earth), "right"))
        raise InputError(
            f"cannot read {path.name}: {codes[row]} lies outside the world in {crs.name};"
            f" the file is in another coordinate system{_swap_hint(crs, points)}: name it with --crs"
        )
    done: Polygons = shapely.set_coordinates(polygons.copy(), np.column_stack([lng, lat]))
    return done


def _swap_hint(crs: CRS, points: NDArray[np.float64]) -> str:
    """Return a hint where degrees would be in the world with their axes swapped."""
    is_swappable = crs.is_geographic and bool((np.abs(points[:, 0]) <= 90).all()) and bool((np.abs(points[:, 1]) <= 180).all())
    return ", or its latitudes and longitudes are swapped" if is_swappable else ""


def _short(error: Exception) -> str:
    """Return the first line of GDAL's message, at most 200 characters."""
    return str(error).strip().partition("\n")[0][:200]
