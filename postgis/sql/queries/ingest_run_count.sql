-- The run's counts until now, in the transaction of the batch that they include.
update ingest_run set
    read = $2,
    new = $3,
    changed = $4,
    unchanged = $5,
    repeated = $6,
    stale = $7,
    rejected = $8::jsonb,
    warned = $9::jsonb,
    located = $10::jsonb,
    linked = $11
where id = $1
