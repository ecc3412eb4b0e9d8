"""The columns of the table `incident`, described once.

From COLUMNS follow the table of the schema, the staging table, the layout of the binary COPY into it and the lists of the
upsert; from REPLICA_FIELDS the query that loads replicas, the layout of its COPY and the arrays of the replica. SQL names
the lists as `${incident.columns}` and so on: see `incident_sql`. CONTRIBUTING.md says how to add a column.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from geo_service.core.model import FINEST_RESOLUTION, LINKED, GeocodedBy, Status


@dataclass(frozen=True, slots=True)
class IncidentColumn:
    """A column that is loaded; one that is not of the key is compared with the stored row, and updated where it differs."""

    name: str
    sql_type: str
    """`text`, or a type of `binary_copy.WIRE_TYPES`."""
    null_literal: str = ""
    """SQL literal (0, 'NaN', 'epoch') that stands for NULL in the staging table, in COPY and in the replica; empty: NOT NULL."""
    staged_value: str = ""
    """SQL of the staged value, where it is neither `staged.<name>` nor made from it by `null_literal`."""
    is_key: bool = False
    """Part of an incident's identity."""
    is_location: bool = False
    """Written together with the location: all of these stay where geocoding has found something as fine for the same text."""
    is_erasable: bool = False
    """Personal text: the upsert writes `staged.kept_<name>`, which obeys the table `retention`."""
    collation: str = ""
    """The order in which its texts are compared, where it is not the database's own."""
    references: str = ""
    """The column of another table that it is a foreign key to."""
    default: str | None = None
    comment: str | None = None

    @property
    def is_nullable(self) -> bool:
        """Whether the table has NULL for "none"."""
        return bool(self.null_literal or self.staged_value)


def _codes(members: Iterable[Status | GeocodedBy]) -> str:
    return ", ".join(f"{member.value} {member.code}" for member in members)


COLUMNS: tuple[IncidentColumn, ...] = (
    IncidentColumn("source_id", "smallint", is_key=True, references="source.id"),
    IncidentColumn("external_id", "text", is_key=True, collation="C"),
    IncidentColumn(
        "location", "geometry(point, 4326)", staged_value="case when staged.cell <> 0 then staged.location end", is_location=True
    ),
    IncidentColumn("cell", "bigint", "0", is_location=True, comment=f"H3 index, resolution {FINEST_RESOLUTION}"),
    IncidentColumn("address", "text", is_erasable=True, default="", comment="as given"),
    IncidentColumn("message", "text", is_erasable=True, default="", comment="the citizen's words, as given"),
    IncidentColumn("location_quality", "smallint", is_location=True),
    IncidentColumn("confidence", "real", "'NaN'", is_location=True, comment="of the geocoding step, 0 to 1"),
    IncidentColumn("geocoded_by", "smallint", "0", is_location=True, comment=_codes(GeocodedBy)),
    IncidentColumn("theme_id", "integer", references="theme.id"),
    IncidentColumn("agency_id", "integer", "0", references="agency.id"),
    IncidentColumn("status", "smallint", comment=_codes(Status)),
    IncidentColumn("received_at", "timestamptz"),
    IncidentColumn("due_at", "timestamptz", "'epoch'"),
    IncidentColumn("answered_at", "timestamptz", "'epoch'"),
    IncidentColumn("closed_at", "timestamptz", "'epoch'"),
    IncidentColumn("updated_at", "timestamptz"),
    IncidentColumn("district_id", "integer", "0", is_location=True, references="district.id"),
    IncidentColumn(
        "district_is_nearest", "boolean", is_location=True, default="false",
        comment="outside of every district; district_id is the nearest one",
    ),
)  # fmt: skip
"""All but `id` and `xid`, which the database sets."""


@dataclass(frozen=True, slots=True)
class ReplicaField:
    """A field of the replica: how it is read from the database, and its type in arrays."""

    name: str
    column: str
    """The column of `incident` that it is."""
    dtype: DTypeLike
    """In a batch of rows as read from the database."""
    stored_dtype: DTypeLike | None = None
    """In the replica's columns, where it is another: there `id` is an offset, `cell` an index."""
    value: str = ""
    """SQL of its value, never NULL, where it is not the column's own."""
    sql_type: str = ""
    """Of `value`, where it is not the column's own."""
    is_filter: bool = False
    """An id that selections filter by, with a table of the chosen ids."""


REPLICA_FIELDS: tuple[ReplicaField, ...] = (
    ReplicaField("id", "id", np.int64, np.uint32, "incident.id", "bigint"),
    ReplicaField("cell", "cell", np.uint64, np.int32),
    ReplicaField("received", "received_at", np.uint32),
    ReplicaField("due", "due_at", np.uint32),
    ReplicaField("answered", "answered_at", np.uint32),
    ReplicaField("closed", "closed_at", np.uint32),
    ReplicaField("theme", "theme_id", np.uint32, is_filter=True),
    ReplicaField("source", "source_id", np.uint16, is_filter=True),
    ReplicaField("agency", "agency_id", np.uint32, is_filter=True),
    ReplicaField("district", "district_id", np.uint32, is_filter=True),
    # A duplicate's status is raised beyond all others.
    ReplicaField(
        "status", "status", np.uint8,
        value=f"(incident.status + case when link.duplicate_of_id is null then 0 else {LINKED} end)::smallint",
    ),
    ReplicaField("quality", "location_quality", np.uint8),
    ReplicaField("lng", "location", np.int32, value="coalesce(st_x(incident.location), 0)", sql_type="double precision"),
    ReplicaField("lat", "location", np.int32, value="coalesce(st_y(incident.location), 0)", sql_type="double precision"),
)  # fmt: skip
"""In the order of a batch's records."""


def batch_dtype() -> np.dtype[np.void]:
    """Return the record of a batch: an incident as read from the database."""
    return np.dtype([(field.name, field.dtype) for field in REPLICA_FIELDS])


def stored_dtypes() -> dict[str, np.dtype[np.generic]]:
    """Return the type of each of the replica's columns."""
    return {field.name: np.dtype(field.stored_dtype or field.dtype) for field in REPLICA_FIELDS}


def filter_fields() -> tuple[str, ...]:
    """Return the fields with ids that selections filter by."""
    return tuple(field.name for field in REPLICA_FIELDS if field.is_filter)


def replica_sql_types() -> dict[str, str]:
    """Return the SQL type of each field in the query that loads replicas."""
    return {field.name: field.sql_type or _column(field.column).sql_type for field in REPLICA_FIELDS}


def staging_columns() -> list[IncidentColumn]:
    """Return the columns of the staging table in their order: texts last, so that all others have the same offset in each row."""
    return sorted(COLUMNS, key=lambda column: column.sql_type == "text")


def incident_sql() -> dict[str, str]:
    """Return what SQL may name in `${…}`: lists of columns and values."""
    values = [column for column in COLUMNS if not column.is_key]
    return {
        "incident.staging_columns": _listed("{0.name} {0.sql_type} not null", staging_columns()),
        "incident.columns": _listed("{0.name}", COLUMNS),
        "incident.merge_expressions": ", ".join(f"{_merge_expression(column)} as {column.name}" for column in values),
        "incident.assignments": _listed("{0.name} = excluded.{0.name}", values),
        "incident.known_values": _listed("known.{0.name}", values),
        "incident.merged_values": _listed("merged.{0.name}", values),
        "incident.excluded_values": _listed("excluded.{0.name}", values),
        "replica.values": ", ".join(map(_replica_value, REPLICA_FIELDS)),
    }


def _listed(template: str, columns: Iterable[IncidentColumn]) -> str:
    return ", ".join(map(template.format, columns))


def _merge_expression(column: IncidentColumn) -> str:
    """SQL of what the upsert makes of a staged column."""
    value = column.staged_value or (f"staged.kept_{column.name}" if column.is_erasable else f"staged.{column.name}")
    if column.null_literal:
        value = f"nullif({value}, {column.null_literal})"
    return f"case when geocoded.is_kept then known.{column.name} else {value} end" if column.is_location else value


def _replica_value(field: ReplicaField) -> str:
    """SQL of a field's value, never NULL."""
    if field.value:
        return field.value
    column = _column(field.column)
    if not column.null_literal:
        return f"incident.{column.name}"
    # A literal's own type may be wider than the column's.
    return f"coalesce(incident.{column.name}, {column.null_literal})::{column.sql_type}"


def _column(name: str) -> IncidentColumn:
    return next(column for column in COLUMNS if column.name == name)
