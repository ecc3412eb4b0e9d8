"""Parquet and GeoParquet, streaming: only the wanted columns, a part of a row group at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat
from ingest.readers import Column, RawBatch
from ingest.readers.columns import find_columns, make_batch
from ingest.readers.file_content import size_of
from ingest.readers.records import as_text

_READ_AHEAD = 1 << 20
"""Bytes of a column at once; without it a row group's columns are read whole."""

_POINT = ("lng", "lat")
"""Columns computed from the geometry where the file has none of these names."""


class ParquetReader:
    """Rows of a Parquet file; members of structures have dotted names, a GeoParquet geometry gives `lng` and `lat`."""

    def __init__(
        self, path: Path, file_format: FileFormat, wanted: Sequence[Column] | None, open_file: Callable[[], BinaryIO] | None = None
    ) -> None:
        """open_file: opens the Parquet file where the file at `path` is a compressed one."""
        self._path, self._wanted, self._open = path, wanted, open_file
        self.size = size_of(path)

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time."""
        try:
            source: AbstractContextManager[Any] = nullcontext(self._path) if self._open is None else self._open()
            with source as opened, pq.ParquetFile(opened, buffer_size=_READ_AHEAD, pre_buffer=False) as file:
                yield from self._batches(file, rows)
        except (pa.ArrowException, OSError, ValueError, CRSError) as error:
            cause = f"{error}".partition("\n")[0]
            raise InputError(f"cannot read {self._path} to its end: it is cut short, damaged or no Parquet ({cause})") from error

    def _batches(self, file: Any, rows: int) -> Iterator[RawBatch]:
        geometry = _Geometry.of(file.schema_arrow)
        leaves = _leaves(file.schema_arrow)
        computed = [name for name in _POINT if geometry and name not in leaves]
        header = [*leaves, *computed]
        sources = {name: None if index is None else header[index] for name, index in find_columns(header, self._wanted, self._path).items()}
        read = [name for name in dict.fromkeys(sources.values()) if name and name not in computed]
        if geometry and any(name in computed for name in sources.values()):
            read.append(geometry.column)
        done = 0
        for batch in file.iter_batches(batch_size=rows, columns=read):
            yield self._make_batch(batch, sources, computed, geometry, done, file.metadata.num_rows)
            done += batch.num_rows

    def _make_batch(
        self, batch: Any, sources: Mapping[str, str | None], computed: Sequence[str], geometry: "_Geometry | None", done: int, total: int
    ) -> RawBatch:
        count = batch.num_rows
        needs_points = geometry and any(name in computed for name in sources.values())
        points = dict(zip(_POINT, geometry.points(batch), strict=True)) if geometry and needs_points else {}
        columns = {
            name: [""] * count if leaf is None else points[leaf] if leaf in computed else _texts(_leaf(batch, leaf))
            for name, leaf in sources.items()
        }
        bytes_read = self.size * (done + count) // max(total, 1)
        batch_of_texts = make_batch(columns, range(done + 1, done + count + 1), None, [], bytes_read)
        computed_names = frozenset(name for name, leaf in sources.items() if leaf in computed)
        return replace(batch_of_texts, in_degrees=computed_names) if computed_names else batch_of_texts


def _leaves(schema: Any) -> list[str]:
    """Names of the columns; of a structure those of its members, dotted."""
    names: list[str] = []
    pending = [(field.name, field.type) for field in reversed(schema)]
    while pending:
        name, data_type = pending.pop()
        if pa.types.is_struct(data_type):
            pending.extend((f"{name}.{data_type[index].name}", data_type[index].type) for index in reversed(range(data_type.num_fields)))
        else:
            names.append(name)
    return names


def _leaf(batch: Any, name: str) -> Any:
    if name in batch.schema.names:
        return batch.column(name)
    top = next(field for field in batch.schema.names if name.startswith(f"{field}."))
    return pc.struct_field(batch.column(top), name[len(top) + 1 :].split("."))


def _texts(column: Any) -> list[str]:
    data_type = column.type
    if pa.types.is_dictionary(data_type):
        return _texts(column.dictionary_decode())
    if pa.types.is_floating(data_type):
        return [as_text(value) for value in column.to_pylist()]
    if pa.types.is_binary(data_type) or pa.types.is_large_binary(data_type):
        return ["" if value is None else value.decode("utf-8", "surrogateescape") for value in column.to_pylist()]
    if pa.types.is_nested(data_type) or pa.types.is_null(data_type):
        return [as_text(value) for value in column.to_pylist()]
    texts: list[str] = pc.fill_null(column.cast(pa.string()), "").to_pylist()
    return texts


class _Geometry:
    """The primary geometry column of a GeoParquet file."""

    def __init__(self, column: str, entry: Mapping[str, Any]) -> None:
        self.column = column
        self._native = entry.get("encoding", "WKB") != "WKB"
        if self._native and entry["encoding"] != "point":
            raise InputError(f"geometries in the encoding {entry['encoding']!r} cannot be read; allowed: WKB, point")
        crs = entry.get("crs")
        known = CRS.from_user_input(crs) if crs else CRS("OGC:CRS84")
        degrees = known.equals(CRS("EPSG:4326"), ignore_axis_order=True) or known.equals(CRS("OGC:CRS84"), ignore_axis_order=True)
        self._to_degrees = None if degrees else Transformer.from_crs(known, "OGC:CRS84", always_xy=True)

    @classmethod
    def of(cls, schema: Any) -> "_Geometry | None":
        """The one that the file declares as its primary one, if any."""
        try:
            metadata = orjson.loads((schema.metadata or {}).get(b"geo", b"null"))
            return cls(metadata["primary_column"], metadata["columns"][metadata["primary_column"]]) if metadata else None
        except (KeyError, TypeError, orjson.JSONDecodeError) as error:
            raise InputError(f"what it says of its geometry (GeoParquet, key geo) cannot be used: {error}") from error

    def points(self, batch: Any) -> tuple[list[str], list[str]]:
        """Longitudes and latitudes: of points, or of a point inside any other geometry; blank where there is none."""
        column = batch.column(self.column)
        if self._native:
            x, y = (pc.struct_field(column, [axis]).to_numpy(zero_copy_only=False) for axis in "xy")
        else:
            shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
            inside = shapely.point_on_surface(shapes)
            x, y = shapely.get_x(inside), shapely.get_y(inside)
        if self._to_degrees:
            x, y = self._to_degrees.transform(x, y)
        return tuple(["" if value != value else repr(value) for value in axis.tolist()] for axis in (x, y))  # type: ignore[return-value]  # two
