-- Reading the replica of a serving process.

-- name: read_incidents
-- Incidents as replicas keep them: every column has a fixed width and is never null, so that the binary COPY of this query
-- is an array of equal records. 0 and 'epoch' stand for NULL. The list of values comes from geo_service/core/sql/incident_columns.py.
select ${replica.values}
from incident
left join incident_link as link on link.incident_id = incident.id

-- name: read_catalogue
-- All entries that a request can name, except districts; in one query, so that they are of one snapshot.
select kind, id, code, name_ru, name_en, parent, synthetic, attribution, geocoded_by
from (
    select
        'sector' as kind, position, id::int, code, name_ru, name_en, null::int as parent, false as synthetic, '' as attribution,
        '{}'::smallint[] as geocoded_by
    from sector
    union all
    select 'theme', id, id, code, name_ru, name_en, sector_id, false, '', '{}' from theme
    union all
    select 'source', id, id, code, name_ru, name_en, null, synthetic, attribution, geocoded_by from source
    union all
    select 'agency', id, id, code, name, name, null, false, '', '{}' from agency
) as entry
order by kind, position

-- name: read_districts
-- All districts, without their outlines.
select
    id,
    code,
    level,
    parent_id,
    name_ru,
    name_en,
    names::text as names,
    population,
    area_km2,
    st_x(label) as lng,
    st_y(label) as lat,
    approximate,
    attribution
from district
order by level, code

-- name: read_district_shapes
-- Outlines of districts for every zoom band, EPSG:3857.
select district_id, band, st_asbinary(shape) as shape
from district_shape
order by band, district_id

-- name: read_settlement_revision
-- Numbers that differ whenever a settlement has been written or deleted: each write gives a row a transaction of its own.
select count(*), coalesce(sum(xmin::text::bigint), 0)::bigint as transactions, coalesce(sum(id), 0) as ids
from place

-- name: read_settlements
-- All named settlements; where a name is missing, that of the other language.
select
    id,
    coalesce(nullif(name_ru, ''), name_en) as name_ru,
    coalesce(nullif(name_en, ''), name_ru) as name_en,
    population,
    st_x(location) as lng,
    st_y(location) as lat
from place
order by id

-- name: read_database_state
-- Which database, timeline and tables the connection sees, and its snapshot: in one query, so that they are of one moment. Tables
-- and triggers are looked up among the rows of the catalogue that the snapshot sees, as incidents are.
select
    pg_current_snapshot()::text as snapshot,
    pg_is_in_recovery() as is_standby,
    (select system_identifier::text from pg_control_system()) as system_identifier,
    case
        -- The control file names a new timeline only after the checkpoint that follows a promotion.
        when pg_is_in_recovery() then (select 'standby ' || timeline_id from pg_control_checkpoint())
        else left(pg_walfile_name(pg_current_wal_lsn()), 8)
    end as timeline,
    (select oid::text from pg_database where datname = current_database()) as database,
    (
        select string_agg(oid::text, ' ' order by oid)
        from pg_class
        where oid in (to_regclass('incident'), to_regclass('incident_link'), to_regclass('incident_tombstone'))
    ) as tables,
    followed.oids as trigger_oids,
    followed.n as triggers
from (
    select string_agg(oid::text, ' ' order by oid) as oids, count(*)::int as n
    from pg_trigger
    where
        tgrelid in (to_regclass('incident'), to_regclass('incident_link'))
        and tgname in ('incident_set_xid', 'incident_link_set_xid', 'incident_record_tombstones', 'incident_record_all_tombstones')
        and tgenabled in ('O', 'A')
) as followed

-- name: read_boundary_revision
-- How often boundaries have changed.
select coalesce(max(revision), 0) from boundary_state

-- name: find_next_id
-- The least id of an incident from $1 on; null where there is none.
select min(id) from incident where id >= $1

-- name: summarise_blocks
-- Blocks of 65,536 ids from $1 to $2: how many incidents each has, and the sum of their ids within it. The index of the primary
-- key is enough.
select id >> 16 as block, count(*)::int as n, sum((id & 65535)::int) as id_sum
from incident
where id between $1 and $2
group by block

-- name: find_horizon_holder
-- The session whose transaction, $1, is the oldest that is open: its process, or the prepared transaction.
select pid, 'pid ' || pid as holder
from pg_stat_activity
where backend_xid = ($1::text::xid8)::xid
union all
select null, 'prepared transaction ' || gid
from pg_prepared_xacts
where transaction = ($1::text::xid8)::xid
