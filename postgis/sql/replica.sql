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
