-- Begins a run. A run lives as long as its session holds the run's advisory lock; it is taken in the transaction
-- that makes the row, so nobody sees the row without its lock.
with begun as (
    insert into ingest_run (input, mapping) values ($1, $2) returning id
)

select id, pg_advisory_lock($3::bigint + id) from begun
