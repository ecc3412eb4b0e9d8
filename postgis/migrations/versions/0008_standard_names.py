"""Standard names: tables, columns, indexes, constraints, triggers and functions are called by the terms of the field.

| before | after |
|---|---|
| near_rule | duplicate_rule |
| intake_key, intake_answer; `at` | idempotency_key, idempotency_response; `created_at` |
| open311_mark | open311_checkpoint |
| geocode_wait; `words`, `next_at` | geocode_queue; `text_digest`, `next_attempt_at` |
| geocode_cache.at | fetched_at |
| incident.placed_by, source.placed_by, geocode_cache.placed_by | geocoded_by |
| incident.district_near | district_is_nearest |
| incident_link.first_id | duplicate_of_id |
| retention.what | field |
| ingest_run.form | row_format |
| incident_near_idx, incident_unplaced_idx | incident_duplicate_candidates_idx, incident_unlocated_idx |
| ring(), *_bell | notify_change(), *_notify |
| incident_bury(), incident_bury_all() | record_tombstones(), record_all_tombstones() |
| incident_stamp(), *_stamp | set_xid(), *_set_xid |
| incident_unlink(), incident_unlink_all() | unlink_deleted_incidents(), unlink_all_incidents() |
| near_pairs(), link_near() | duplicate_candidates(), link_duplicates() |

No row is written. Triggers and their functions are renamed, not dropped, so that no table is without its triggers for a moment;
`geo_service.core.database.migrate` then gives them their present text. A new database has none of them yet.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = (
    ("near_rule", "duplicate_rule"),
    ("intake_key", "idempotency_key"),
    ("intake_answer", "idempotency_response"),
    ("open311_mark", "open311_checkpoint"),
    ("geocode_wait", "geocode_queue"),
)
_COLUMNS = (
    ("idempotency_key", "at", "created_at"),
    ("idempotency_response", "at", "created_at"),
    ("geocode_queue", "words", "text_digest"),
    ("geocode_queue", "next_at", "next_attempt_at"),
    ("geocode_cache", "at", "fetched_at"),
    ("geocode_cache", "placed_by", "geocoded_by"),
    ("source", "placed_by", "geocoded_by"),
    ("incident", "placed_by", "geocoded_by"),
    ("incident", "district_near", "district_is_nearest"),
    ("incident_link", "first_id", "duplicate_of_id"),
    ("retention", "what", "field"),
    ("ingest_run", "form", "row_format"),
)
_CONSTRAINTS = (
    ("duplicate_rule", "near_rule_pkey", "duplicate_rule_pkey"),
    ("duplicate_rule", "near_rule_single", "duplicate_rule_single"),
    ("idempotency_key", "intake_key_pkey", "idempotency_key_pkey"),
    ("idempotency_response", "intake_answer_pkey", "idempotency_response_pkey"),
    ("open311_checkpoint", "open311_mark_pkey", "open311_checkpoint_pkey"),
    ("geocode_queue", "geocode_wait_pkey", "geocode_queue_pkey"),
    ("incident", "incident_placed_by_known", "incident_geocoded_by_known"),
    ("retention", "retention_what_known", "retention_field_known"),
)
_INDEXES = (
    ("intake_key_at_idx", "idempotency_key_created_at_idx"),
    ("intake_answer_at_idx", "idempotency_response_created_at_idx"),
    ("incident_near_idx", "incident_duplicate_candidates_idx"),
    ("incident_unplaced_idx", "incident_unlocated_idx"),
    ("incident_link_first_id_idx", "incident_link_duplicate_of_id_idx"),
)
_FUNCTIONS = (
    ("ring", "notify_change"),
    ("incident_bury", "record_tombstones"),
    ("incident_bury_all", "record_all_tombstones"),
    ("incident_stamp", "set_xid"),
    ("incident_unlink", "unlink_deleted_incidents"),
    ("incident_unlink_all", "unlink_all_incidents"),
)
"""Functions of triggers, all without parameters."""
_TRIGGERS = (
    ("incident", "incident_bell", "incident_notify"),
    ("incident_link", "incident_link_bell", "incident_link_notify"),
    ("sector", "sector_bell", "sector_notify"),
    ("theme", "theme_bell", "theme_notify"),
    ("agency", "agency_bell", "agency_notify"),
    ("source", "source_bell", "source_notify"),
    ("district", "district_bell", "district_notify"),
    ("boundary_state", "boundary_bell", "boundary_state_notify"),
    ("incident", "incident_bury", "incident_record_tombstones"),
    ("incident", "incident_bury_all", "incident_record_all_tombstones"),
    ("incident", "incident_stamp", "incident_set_xid"),
    ("incident_link", "incident_link_stamp", "incident_link_set_xid"),
)
_TABLE_COMMENTS = {
    "source": ("Where messages come from.", "Where incidents come from."),
    "theme": ("What a message is about; belongs to one sector.", "What an incident is about; belongs to one sector."),
    "agency": ("Who is to answer.", "Who must answer."),
    "ingest_run": ("One reading of one input.", "One ingest of one input."),
    "reject": ("A row that could not be used, or only in part, kept as it came.", "Rejected rows and warnings, with the text of the row."),
    "boundary_state": (
        "One row: how often boundaries were changed. Whoever locates incidents holds it.",
        "One row: how often boundaries have changed. It is locked while incidents are located.",
    ),
    "district_shape": (
        "Districts simplified together for a band of zooms.",
        "Outlines of districts, simplified together for a band of zooms.",
    ),
    "district_alias": ("Other names that a district is called by.", "Other names of districts."),
    "incident_link": (
        "Near-duplicates: incidents that tell again what another source has told before.",
        "Duplicate links: incidents that another source reported before.",
    ),
    "duplicate_rule": ("One row: how near is near.", "One row: how far apart duplicates may be in space and time."),
    "retention": (
        "What is not kept of incidents received before an instant, also when it is delivered again.",
        "Fields that are erased from incidents received before an instant, also when they are delivered again.",
    ),
    "geocode_queue": (
        "What is known of incidents without a place, or with a coarser one than their words name.",
        "Incidents without a location, or with a coarser one than their text names: what was tried, and when to try again.",
    ),
    "geocode_cache": ("What geocoding servers answered.", "Answers of geocoding servers by address."),
    "idempotency_key": (
        "Requests that sent incidents with an Idempotency-Key, once they were answered to the end.",
        "Completed requests with an Idempotency-Key.",
    ),
    "idempotency_response": (
        "The answers to these requests, a part for each batch, written together with it.",
        "Responses to requests with an Idempotency-Key, one part a batch, written in the transaction of the batch.",
    ),
    "open311_checkpoint": ("How far each server of Open311 has been pulled.", "How far each Open311 server has been pulled."),
}
_COLUMN_COMMENTS = {
    ("source", "synthetic"): ("made up, for demonstration", "generated, for demonstration"),
    ("incident_link", "duplicate_of_id"): (
        "the first of its group; null: it was linked once",
        "the first incident of its group; null: no longer linked",
    ),
    ("duplicate_rule", "complete"): (
        "whether all incidents are linked by it",
        "whether all incidents are linked by this rule",
    ),
    ("geocode_queue", "text_digest"): (
        "MD5 of the words that were looked for",
        "MD5 of address and message as they were when geocoded",
    ),
    ("geocode_queue", "next_attempt_at"): (
        "null: only when everything is asked anew",
        "null: only when all incidents are geocoded again",
    ),
    ("geocode_cache", "geocoded_by"): ("which server was asked", "which server answered"),
    ("source", "geocoded_by"): (
        "steps that have found places of its incidents",
        "steps that have located incidents of this source",
    ),
    ("incident", "district_is_nearest"): (
        "outside its district, by a little",
        "outside of every district; district_id is the nearest one",
    ),
    ("incident", "confidence"): ("of the step that found the place, 0 to 1", "of the geocoding step, 0 to 1"),
    ("idempotency_key", "key"): (
        "SHA-256 of where it was sent, who sent it, and the Idempotency-Key",
        "SHA-256 of path, client and Idempotency-Key",
    ),
    ("idempotency_key", "summary"): ("JSON: the end of the answer", "JSON: the end of the response"),
    ("idempotency_response", "key"): ("as in intake_key", "as in idempotency_key"),
    ("idempotency_response", "lines"): ("NDJSON: what became of each row", "NDJSON: the result of each row"),
    ("ingest_run", "row_format"): ("how its rows are cut", "how the text of a row is split into fields"),
}


def upgrade() -> None:
    """Rename everything."""
    # They are called from function bodies only, and their parameters change, which "create or replace" does not allow.
    op.execute("drop function if exists link_near")
    op.execute("drop function if exists near_pairs")
    _rename_tables(_TABLES)
    _rename_columns(_COLUMNS)
    _rename_constraints(_CONSTRAINTS)
    _rename_indexes(_INDEXES)
    for table, old, new in _TRIGGERS:
        _execute_if(
            f"exists (select from pg_trigger where tgname = '{old}' and tgrelid = '{table}'::regclass)",
            f"alter trigger {old} on {table} rename to {new}",
        )
    for old, new in _FUNCTIONS:
        _execute_if(f"to_regprocedure('{old}()') is not null", f"alter function {old}() rename to {new}")
    _set_comments(after=True)


def downgrade() -> None:
    """Give everything its old name. The previous version of the program installs its own triggers and functions."""
    for name in ("link_duplicates", "duplicate_candidates", *(f"{new}() cascade" for _, new in _FUNCTIONS)):
        op.execute(f"drop function if exists {name}")
    _set_comments(after=False)
    _rename_indexes((new, old) for old, new in _INDEXES)
    _rename_constraints((table, new, old) for table, old, new in _CONSTRAINTS)
    _rename_columns((table, new, old) for table, old, new in _COLUMNS)
    _rename_tables((new, old) for old, new in _TABLES)


def _rename_tables(names: Iterable[tuple[str, str]]) -> None:
    for old, new in names:
        op.rename_table(old, new)


def _rename_columns(names: Iterable[tuple[str, str, str]]) -> None:
    for table, old, new in names:
        op.alter_column(table, old, new_column_name=new)


def _rename_constraints(names: Iterable[tuple[str, str, str]]) -> None:
    for table, old, new in names:
        op.execute(f"alter table {table} rename constraint {old} to {new}")


def _rename_indexes(names: Iterable[tuple[str, str]]) -> None:
    for old, new in names:
        op.execute(f"alter index {old} rename to {new}")


def _execute_if(condition: str, statement: str) -> None:
    op.execute(f"do $$ begin if {condition} then {statement}; end if; end $$")


def _set_comments(after: bool) -> None:
    """The comments after this migration, or those before it."""
    for table, texts in _TABLE_COMMENTS.items():
        op.create_table_comment(table, texts[after])
    for (table, column), texts in _COLUMN_COMMENTS.items():
        op.execute(sa.text(f"comment on column {table}.{column} is '{texts[after]}'"))
