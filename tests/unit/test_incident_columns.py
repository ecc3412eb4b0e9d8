"""The description of the incident's columns: what follows from it in SQL, in COPY and in the replica."""

from dataclasses import fields

import numpy as np

from geo_service.aggregation.arrays.kernels import Rows
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.columns.pending_deadlines import column_types
from geo_service.core.model import FINEST_RESOLUTION
from geo_service.core.schema import incident
from geo_service.core.sql.binary_copy import WIRE_TYPES
from geo_service.core.sql.incident_columns import COLUMNS, REPLICA_FIELDS, filter_fields, incident_sql, replica_sql_types, stored_dtypes
from geo_service.core.sql.named_queries import query
from ingest.write.incident_batch import STAGED, IncidentBatch

NAMES = [column.name for column in COLUMNS]


def test_the_table_has_these_columns_and_two_of_its_own() -> None:
    assert [column.name for column in incident.columns] == ["id", *NAMES, "xid"]
    assert {column.name for column in incident.columns if column.nullable} == {
        "location", "cell", "confidence", "geocoded_by", "agency_id", "due_at", "answered_at", "closed_at", "district_id",
    }  # fmt: skip
    assert incident.columns["cell"].comment == f"H3 index, resolution {FINEST_RESOLUTION}"
    assert [key.target_fullname for key in incident.columns["theme_id"].foreign_keys] == ["theme.id"]


def test_every_column_has_bytes_of_a_fixed_width_or_is_text() -> None:
    assert {column.sql_type for column in COLUMNS} | set(replica_sql_types().values()) <= {"text", *WIRE_TYPES}


def test_a_batch_has_every_column_but_those_computed_from_its_coordinates() -> None:
    assert {field.name for field in fields(IncidentBatch)} - {"lng", "lat"} == set(NAMES) - {
        "location",
        "district_id",
        "district_is_nearest",
    }


def test_texts_are_staged_last() -> None:
    assert sorted(STAGED) == sorted(NAMES)
    assert STAGED[-3:] == ("external_id", "address", "message")


def test_the_upsert_compares_and_updates_all_but_the_key() -> None:
    sql, values = incident_sql(), [name for name in NAMES if name not in ("source_id", "external_id")]
    assert sql["incident.columns"] == ", ".join(NAMES)
    assert sql["incident.assignments"] == ", ".join(f"{name} = excluded.{name}" for name in values)
    assert sql["incident.known_values"].split(", ") == [f"known.{name}" for name in values]
    assert query("ingest.upsert").count(sql["incident.known_values"]) == 2


def test_nulls_erased_text_and_kept_locations_are_merged_by_their_rules() -> None:
    merged = incident_sql()["incident.merge_expressions"]
    for part in (
        "case when geocoded.is_kept then known.location else case when staged.cell <> 0 then staged.location end end as location",
        "case when geocoded.is_kept then known.confidence else nullif(staged.confidence, 'NaN') end as confidence",
        "nullif(staged.due_at, 'epoch') as due_at",
        "staged.kept_message as message",
        "staged.theme_id as theme_id",
    ):
        assert f"{part}, " in f"{merged}, "


def test_a_batch_has_56_bytes_an_incident_and_the_replicas_columns_48() -> None:
    assert np.dtype(
        [
            ("id", np.int64), ("cell", np.uint64), ("received", np.uint32), ("due", np.uint32), ("answered", np.uint32),
            ("closed", np.uint32), ("theme", np.uint32), ("source", np.uint16), ("agency", np.uint32),
            ("district", np.uint32), ("status", np.uint8), ("quality", np.uint8), ("lng", np.int32), ("lat", np.int32),
        ]
    ) == BATCH  # fmt: skip
    assert stored_dtypes() == {name: BATCH[name] for name in BATCH.names or ()} | {"id": np.dtype("u4"), "cell": np.dtype("i4")}
    assert (BATCH.itemsize, sum(dtype.itemsize for dtype in stored_dtypes().values())) == (56, 48)


def test_the_fields_that_counting_reads_are_of_the_replica() -> None:
    assert set(Rows._fields) <= column_types().keys()
    assert column_types() == stored_dtypes() | {"pending_due": np.dtype("u4")}
    assert filter_fields() == ("theme", "source", "agency", "district")


def test_the_query_that_loads_replicas_has_a_value_for_each_field_and_none_is_null() -> None:
    values = incident_sql()["replica.values"]
    assert "coalesce(incident.cell, 0)::bigint, incident.received_at, coalesce(incident.due_at, 'epoch')::timestamptz" in values
    assert "coalesce(incident.agency_id, 0)::integer" in values
    assert list(replica_sql_types()) == [field.name for field in REPLICA_FIELDS]
