-- What a serving process reads into its replica.

-- name: incidents
-- Incidents as replicas keep them: every column has a fixed width and is never null, so that the binary COPY
-- of this query is an array of equal records. 0 stands for "none"; instants of 'epoch' likewise. The status of a
-- near-duplicate is raised (by LINKED of geo_service/core/model.py).
select
    incident.id,
    coalesce(incident.cell, 0),
    incident.received_at,
    coalesce(incident.due_at, 'epoch'),
    coalesce(incident.answered_at, 'epoch'),
    coalesce(incident.closed_at, 'epoch'),
    incident.theme_id,
    coalesce(incident.agency_id, 0),
    coalesce(incident.district_id, 0),
    incident.source_id,
    (incident.status + case when link.duplicate_of_id is null then 0 else ${status.linked_offset} end)::smallint,
    incident.location_quality,
    coalesce(st_x(incident.location), 0),
    coalesce(st_y(incident.location), 0)
from incident
left join incident_link as link on link.incident_id = incident.id

-- name: catalogue
-- Everything a request can name but districts, one row a thing; kinds in one answer so that they belong to one moment.
select kind, id, code, name_ru, name_en, parent, synthetic, attribution, geocoded_by
from (
    select
        'sector' as kind, position as place, id::int, code, name_ru, name_en, null::int as parent, false as synthetic, '' as attribution,
        '{}'::smallint[] as geocoded_by
    from sector
    union all
    select 'theme', id, id, code, name_ru, name_en, sector_id, false, '', '{}' from theme
    union all
    select 'source', id, id, code, name_ru, name_en, null, synthetic, attribution, geocoded_by from source
    union all
    select 'agency', id, id, code, name, name, null, false, '', '{}' from agency
) as entry
order by kind, place

-- name: districts
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

-- name: district_shapes
-- Outlines of districts for every zoom band, EPSG:3857.
select district_id, band, st_asbinary(shape) as shape
from district_shape
order by band, district_id
