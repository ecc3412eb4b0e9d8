-- How many rows the run $1 refused that it does not have any more; warnings ($2) are not counted.
select greatest(
    (select coalesce(sum(value::bigint), 0) from ingest_run cross join jsonb_each_text(ingest_run.rejected) where id = $1)
    - (select count(*) from reject where run_id = $1 and reason <> all($2::text[]) and row_text <> ''),
    0
)::bigint
