-- What the metrics read: sums over runs, the queue of the geocoding, and the database itself.

-- name: sum_runs
-- Sums over runs: $1 after this id, $2 up to this one, $3 further ids, $4 whether only runs that have ended count. What came in by
-- which way (input: file, api, open311, pull), and under subject and value how many: rows by outcome, rejects and
-- warnings by reason, rows without coordinates by the precision of the location they were given, runs by state, and the
-- instant of the latest run with a new incident (of one that goes on, its beginning).
with runs as (
    select
        *,
        case
            when input like 'POST /open311/%' then 'open311'
            when input like 'POST /%' then 'api'
            when input like '%/%' then 'pull'
            else 'file'
        end as way
    from ingest_run
    where (id > $1 and id <= $2 or id = any($3::bigint[])) and not ($4 and state = 'running')
),

counted as (
    select way, 'rows' as subject, outcome as value, n
    from runs
    cross join lateral (
        values ('new', new), ('changed', changed), ('unchanged', unchanged), ('repeated', repeated), ('stale', stale)
    ) as by_outcome (outcome, n)
    union all
    select way, 'rejected' as subject, reason as value, n::bigint
    from runs
    cross join lateral jsonb_each_text(rejected) as by_reason (reason, n)
    union all
    select way, 'warned' as subject, reason as value, n::bigint
    from runs
    cross join lateral jsonb_each_text(warned) as by_reason (reason, n)
    union all
    select way, 'located' as subject, precision_code as value, n::bigint
    from runs
    cross join lateral jsonb_each_text(located) as by_precision (precision_code, n)
    union all
    select way, 'runs' as subject, state as value, 1
    from runs
    union all
    select way, 'latest_new' as subject, '' as value, extract(epoch from max(coalesce(finished_at, started_at)))::bigint
    from runs
    where new > 0
    group by way
)

select way, subject, value, sum(n)::bigint as n
from counted
group by way, subject, value

-- name: list_running
-- Runs up to $1 that have not ended.
select id from ingest_run
where state = 'running' and id <= $1

-- name: find_last_run
-- The id of the latest run; 0 where there is none.
select coalesce(max(id), 0) from ingest_run

-- name: count_geocode_queue
-- Incidents that wait for a location: due now, due later, or only when all are geocoded again.
select
    count(*) filter (where next_attempt_at <= now()) as due,
    count(*) filter (where next_attempt_at > now()) as later,
    count(*) filter (where next_attempt_at is null) as exhausted
from geocode_queue

-- name: count_geocode_cache
-- Addresses that geocoding servers have located, by server.
select geocoded_by, count(*) as n from geocode_cache
group by geocoded_by

-- name: describe_database
-- Versions of the server, and the size of the database in bytes.
select
    current_setting('server_version') as postgresql,
    postgis_lib_version() as postgis,
    pg_database_size(current_database()) as size
