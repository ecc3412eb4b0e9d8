-- Loading incidents: staging and upsert, reference data, runs and rejects.

-- name: create_staging_table
-- A batch's way to its upsert: a table of the session's own. 0, NaN and 'epoch' stand for NULL.
create temporary table if not exists incident_stage (${incident.staging_columns})

-- name: drop_staging_table
-- The session writes no more batches.
drop table if exists incident_stage

-- name: upsert
-- Writes the staged incidents and counts the results. No two staged rows have the same identity. The lists of columns come
-- from geo_service/core/sql/incident_columns.py.
-- An older row never overwrites a newer one; among equally new ones the delivered one wins; an identical one is
-- not written at all: no new row version, no number from the identity sequence, nothing for replicas to read.
-- $1: whether to return for each row which known one it was compared with, and for each written one its id.
with judged as (
    select
        staged.source_id,
        staged.external_id,
        merged.*,
        known.id as known_id,
        known.status as known_status,
        known.id is null as is_new,
        known.updated_at > merged.updated_at as is_stale,
        known.id is null or (
            known.updated_at <= merged.updated_at and (${incident.known_values}) is distinct from (${incident.merged_values})
        ) as is_due
    from incident_stage as delivered
    -- Erased text does not come back when it is delivered again.
    cross join (
        select max(before) filter (where field = 'text') as text_before, max(before) filter (where field = 'address') as address_before
        from retention
    ) as erased
    cross join lateral (
        select
            delivered.*,
            case when delivered.received_at < erased.address_before then '' else delivered.address end as kept_address,
            case when delivered.received_at < erased.text_before then '' else delivered.message end as kept_message
    ) as staged
    left join incident as known on known.source_id = staged.source_id and known.external_id = staged.external_id
    -- A location found by geocoding (the gazetteer or a server) is kept while the text is the same, unless a finer one is delivered.
    cross join lateral (
        select coalesce(
            known.geocoded_by >= ${geocoded_by.gazetteer}
            and staged.geocoded_by not in (${geocoded_by.input}, ${geocoded_by.swapped})
            and known.location_quality <= staged.location_quality
            and known.address = staged.kept_address
            and known.message = staged.kept_message,
            false
        ) as is_kept
    ) as geocoded
    cross join lateral (select ${incident.merge_expressions}) as merged
),

written as (
    insert into incident as known (${incident.columns})
    select ${incident.columns}
    from judged
    where is_due
    -- The same order in every transaction: two ingests of the same rows wait for each other, and never in a circle.
    order by source_id, external_id collate "C"
    -- Another transaction may have written since `judged` was read: its row is compared again.
    on conflict (source_id, external_id) do update set ${incident.assignments}
    where known.updated_at <= excluded.updated_at and (${incident.known_values}) is distinct from (${incident.excluded_values})
    -- A row version that replaced none has no deleting transaction.
    returning id, source_id, external_id, xmax = 0 as is_new
)

select
    result.new,
    result.changed,
    judgement.stale,
    judgement.due,
    result.new_ids,
    result.changed_ids,
    judgement.status_ids,
    judgement.previous_statuses,
    judgement.current_statuses,
    -- Not joined here: hash joins are off, and for a nested loop these are too many.
    case when $1 then (select array_agg((source_id, external_id, known_id, is_stale)) from judged) end as judged,
    case when $1 then (select array_agg((source_id, external_id, id, is_new)) from written) end as written
from (
    select
        count(*) filter (where is_new) as new,
        count(*) filter (where not is_new) as changed,
        coalesce(array_agg(id) filter (where is_new), '{}') as new_ids,
        coalesce(array_agg(id) filter (where not is_new), '{}') as changed_ids
    from written
) as result
cross join (
    select
        count(*) filter (where is_stale) as stale,
        -- As many as are written, unless another transaction has written some of them in the meantime.
        count(*) filter (where is_due) as due,
        array_agg(known_id) filter (where is_due and known_status <> status) as status_ids,
        array_agg(known_status) filter (where is_due and known_status <> status) as previous_statuses,
        array_agg(status) filter (where is_due and known_status <> status) as current_statuses
    from judged
) as judgement

-- name: upsert_sources
-- Inserts sources that are new and updates those that are described otherwise; names that an operator has given stay. Returns the
-- ids of all codes: of an alias that of its source.
with delivered as (
    select distinct on (code) code, name_ru, name_en, attribution, synthetic
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[]) as delivered (code, name_ru, name_en, attribution, synthetic)
    order by code
),

aliased as (select code, source_id as id from source_alias where code in (select code from delivered)),

due as (
    select delivered.*
    from delivered
    left join source as known on known.code = delivered.code
    where delivered.code not in (select code from aliased)
    and (
        known.id is null
        or (known.attribution, known.synthetic) is distinct from (delivered.attribution, delivered.synthetic)
        or (not known.renamed and (known.name_ru, known.name_en) is distinct from (delivered.name_ru, delivered.name_en))
    )
),

written as (
    insert into source as known (code, name_ru, name_en, attribution, synthetic)
    select code, name_ru, name_en, attribution, synthetic
    from due
    order by code
    on conflict (code) do update set
        name_ru = case when known.renamed then known.name_ru else excluded.name_ru end,
        name_en = case when known.renamed then known.name_en else excluded.name_en end,
        attribution = excluded.attribution,
        synthetic = excluded.synthetic
    returning code, id
)

select code, id from aliased
union all
select code, id from written
union all
select known.code, known.id
from source as known
where known.code in (select code from delivered) and known.code not in (select code from due union all select code from aliased)

-- name: upsert_themes
-- Inserts themes that are new and updates those that are described otherwise; names that an operator has given stay. Returns the
-- ids of all codes: of an alias that of its theme.
with delivered as (
    select distinct on (code) code, sector_id, name_ru, name_en
    from unnest($1::text[], $2::smallint[], $3::text[], $4::text[]) as delivered (code, sector_id, name_ru, name_en)
    order by code
),

aliased as (select code, theme_id as id from theme_alias where code in (select code from delivered)),

due as (
    select delivered.*
    from delivered
    left join theme as known on known.code = delivered.code
    where delivered.code not in (select code from aliased)
    and (
        known.id is null
        or known.sector_id <> delivered.sector_id
        or (not known.renamed and (known.name_ru, known.name_en) is distinct from (delivered.name_ru, delivered.name_en))
    )
),

written as (
    insert into theme as known (code, sector_id, name_ru, name_en)
    select code, sector_id, name_ru, name_en
    from due
    order by code
    on conflict (code) do update set
        sector_id = excluded.sector_id,
        name_ru = case when known.renamed then known.name_ru else excluded.name_ru end,
        name_en = case when known.renamed then known.name_en else excluded.name_en end
    returning code, id
)

select code, id from aliased
union all
select code, id from written
union all
select known.code, known.id
from theme as known
where known.code in (select code from delivered) and known.code not in (select code from due union all select code from aliased)

-- name: upsert_agencies
-- Inserts agencies that are new and updates those that are named otherwise, except by an operator. Returns the ids of all codes:
-- of an alias that of its agency.
with delivered as (
    select distinct on (code) code, name
    from unnest($1::text[], $2::text[]) as delivered (code, name)
    order by code
),

aliased as (select code, agency_id as id from agency_alias where code in (select code from delivered)),

due as (
    select delivered.*
    from delivered
    left join agency as known on known.code = delivered.code
    where delivered.code not in (select code from aliased)
    and (known.id is null or (not known.renamed and known.name is distinct from delivered.name))
),

written as (
    insert into agency as known (code, name)
    select code, name
    from due
    order by code
    on conflict (code) do update set
        name = case when known.renamed then known.name else excluded.name end
    returning code, id
)

select code, id from aliased
union all
select code, id from written
union all
select known.code, known.id
from agency as known
where known.code in (select code from delivered) and known.code not in (select code from due union all select code from aliased)

-- name: get_source
-- The source with this code, or that of which it is an alias.
select code, name_ru, name_en, attribution, synthetic from source
where
    id = (select source_id from source_alias where code = $1)
    or (code = $1 and not exists (select from source_alias where code = $1))

-- name: find_known_codes
-- Themes ($1) and agencies ($2) with these codes.
select 'theme' as kind, theme.code, sector.code as sector, theme.name_ru, theme.name_en
from theme
inner join sector on sector.id = theme.sector_id
where theme.code = any($1::text[])
union all
select 'agency', code, '', name, name
from agency
where code = any($2::text[])

-- name: begin_run
-- Begins a run: $1 input, $2 mapping, $3 id of the sender's API key, $4 the sender's address (both empty for none). A run lives as long as its session holds the run's advisory lock; it is taken in the
-- transaction that inserts the row, so nobody sees the row without its lock.
with begun as (
    insert into ingest_run (input, mapping, key_id, client) values ($1, $2, nullif($3, ''), nullif($4, '')) returning id
)

select id, pg_advisory_lock(${lock.runs} + id) from begun

-- name: release_run_lock
-- Releases the lock of the run $1, which has ended.
select pg_advisory_unlock(${lock.runs} + $1::bigint)

-- name: set_run_row_format
-- Stores how the text of a run's rows is split into fields.
update ingest_run set row_format = $2::jsonb
where id = $1

-- name: record_run_counts
-- Stores the run's counts so far, in the transaction of the batch that they include.
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

-- name: end_run
-- Ends a run: $1 the run, $2 its state.
update ingest_run set state = $2, finished_at = now()
where id = $1

-- name: mark_interrupted_runs
-- Marks runs as interrupted that are running by their state and whose session is gone.
update ingest_run set state = 'interrupted', finished_at = now()
where state = 'running' and pg_try_advisory_xact_lock(${lock.runs} + id)

-- name: list_runs
-- Runs, the newest first: $1 before this id (null: from the newest), $2 at most so many. One that is running by its state
-- and whose session is gone (nobody holds its lock) is interrupted.
select
    id,
    input,
    mapping,
    case
        when state = 'running' and not exists (
            select from pg_locks
            where locktype = 'advisory' and classid = ${lock.run_class} and objid = (ingest_run.id & x'FFFFFFFF'::bigint)::oid and objsubid = 1
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
    row_format,
    key_id,
    client
from ingest_run
where $1::bigint is null or id < $1
order by id desc
limit $2

-- name: insert_rejects
-- Stores rejected rows; one that was stored before belongs to the last run that met it.
insert into reject (run_id, input, line, reason, detail, row_text, digest)
select distinct on (delivered.line, delivered.reason, delivered.row_text)
    $1,
    $2,
    delivered.line,
    delivered.reason,
    delivered.detail,
    delivered.row_text,
    sha256(convert_to(delivered.row_text, 'UTF8'))
from unnest($3::bigint[], $4::text[], $5::text[], $6::text[]) as delivered (line, reason, detail, row_text)
-- The same order in every transaction, so that two runs never wait for each other in a circle.
order by delivered.line, delivered.reason, delivered.row_text
on conflict (input, line, reason, digest) do update set run_id = excluded.run_id, detail = excluded.detail

-- name: list_rejects
-- Rejected rows of a run in the order of the input, except erased ones: $1 the run, $2 and $3 after this line and id,
-- $4 without these reasons, $5 at most so many.
select id, line, reason, detail, row_text
from reject
where run_id = $1 and (line, id) > ($2::bigint, $3::bigint) and reason <> all($4::text[]) and row_text <> ''
order by line, id
limit $5

-- name: find_superseded_rejects
-- Where rejected rows of the run $1 are that it does not list any more: how many are erased, how many are missing otherwise, and
-- the later runs of the same input that have rejected rows. $2: reasons that are left out; $3: whether warnings count as well.
with run as (select id, input, rejected, warned from ingest_run where id = $1),

counted as (
    select coalesce(sum(value::bigint), 0) as rows
    from run
    cross join lateral (
        select value from jsonb_each_text(run.rejected)
        union all
        select value from jsonb_each_text(run.warned) where $3
    ) as counts
),

listed as (
    select count(*) filter (where row_text <> '') as present, count(*) filter (where row_text = '') as erased
    from reject
    where run_id = $1 and reason <> all($2::text[])
)

select
    listed.erased,
    greatest(counted.rows - listed.present - listed.erased, 0)::bigint as missing,
    array(
        select distinct reject.run_id from reject inner join run on run.input = reject.input
        where reject.run_id > run.id and reason <> all($2::text[])
        order by reject.run_id
    ) as later_runs
from counted
cross join listed

-- name: set_statement_timeout
-- Sets the longest time that a statement of this session may take, $1, in milliseconds.
select set_config('statement_timeout', $1, false)
