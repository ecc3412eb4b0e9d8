-- Runs, the newest first: $1 before this id (null: from the newest), $2 at most so many. One that says it is running and
-- whose session is gone (nobody holds its lock) was interrupted.
select
    id,
    input,
    mapping,
    case
        when state = 'running' and not exists (
            select from pg_locks
            where locktype = 'advisory' and classid = x'67656F'::int and objid = (ingest_run.id & x'FFFFFFFF'::bigint)::oid and objsubid = 1
            and database = (select oid from pg_database where datname = current_database())
        ) then 'interrupted'
        else state
    end as state,
    started_at,
    finished_at,
    read,
    new,
    changed,
    unchanged,
    repeated,
    stale,
    linked,
    rejected,
    warned,
    located,
    form
from ingest_run
where $1::bigint is null or id < $1
order by id desc
limit $2
