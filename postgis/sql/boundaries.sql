-- District boundaries: reading, replacing, and assigning incidents to districts.

-- name: read_areas
-- Outlines that points are located in, in the order of codes as bytes.
select id, level, coalesce(parent_id, 0) as parent_id, st_asbinary(area) as area
from district
where area is not null
order by code collate "C"

-- name: has_areas
-- Whether any district has an outline.
select exists (select from district where area is not null)

-- name: read_districts
-- All districts with their names, aliases and outlines.
select
    district.id,
    district.code,
    district.level,
    parent.code as parent,
    district.name_ru,
    district.name_en,
    district.names::text as names,
    district.population,
    st_asbinary(district.area) as area,
    district.approximate,
    array(select alias from district_alias where district_id = district.id order by alias) as aliases
from district
left join district as parent on parent.id = district.parent_id
order by district.code collate "C"

-- name: summarise_districts
-- Districts by level and parent, for a table.
select
    district.level,
    district.code,
    district.name_ru,
    parent.name_ru as parent,
    district.population,
    district.area_km2,
    district.approximate,
    (select count(*) from district_alias where district_id = district.id) as aliases
from district
left join district as parent on parent.id = district.parent_id
order by district.level, parent.name_ru, district.name_ru

-- name: upsert_districts
-- Writes districts of one level ($1); returns how many are new and how many differ from the stored ones. $2 approximate,
-- $3 attribution, then columns: $4 codes, $5 parents' codes, $6 Russian and $7 English names, $8 other names, $9 populations,
-- $10 outlines, $11 areas in km², $12 label points. A known code keeps its id, and its population where none is delivered.
with written as (
    insert into district as known (
        level, code, parent_id, name_ru, name_en, names, population, area, area_km2, label, approximate, attribution
    )
    select
        $1, code, parent.id, name_ru, name_en, names::jsonb, population,
        st_multi(st_geomfromwkb(area, 4326)), area_km2, st_geomfromwkb(label, 4326), $2, $3
    from unnest(
        $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::integer[], $10::bytea[], $11::double precision[], $12::bytea[]
    ) as delivered (code, parent, name_ru, name_en, names, population, area, area_km2, label)
    left join lateral (select id from district where code = delivered.parent) as parent on true
    on conflict (code) do update set
        parent_id = excluded.parent_id,
        name_ru = excluded.name_ru,
        name_en = excluded.name_en,
        names = excluded.names,
        population = coalesce(excluded.population, known.population),
        area = excluded.area,
        area_km2 = excluded.area_km2,
        label = excluded.label,
        approximate = excluded.approximate,
        attribution = excluded.attribution
    where (
        known.parent_id, known.name_ru, known.name_en, known.names, known.population, st_asbinary(known.area),
        known.approximate, known.attribution
    ) is distinct from (
        excluded.parent_id, excluded.name_ru, excluded.name_en, excluded.names, coalesce(excluded.population, known.population),
        st_asbinary(excluded.area), excluded.approximate, excluded.attribution
    )
    returning xmax = 0 as is_new
)

select
    (select count(*) from written where is_new) as new,
    (select count(*) from written where not is_new) as changed

-- name: set_parents
-- Sets the parents of districts: $1 codes, $2 the parents' codes.
update district set parent_id = parent.id
from unnest($1::text[], $2::text[]) as child (code, parent)
inner join district as parent on parent.code = child.parent
where district.code = child.code

-- name: insert_aliases
-- Inserts aliases of districts: $1 codes, one for each alias of $2.
insert into district_alias (district_id, alias)
select district.id, delivered.alias
from unnest($1::text[], $2::text[]) as delivered (code, alias)
inner join district on district.code = delivered.code
on conflict do nothing

-- name: insert_shapes
-- Inserts shapes of districts for drawing: $1 codes, $2 zoom bands, $3 outlines in EPSG:3857.
insert into district_shape (district_id, band, shape)
select district.id, delivered.band, st_geomfromwkb(delivered.shape, 3857)
from unnest($1::text[], $2::smallint[], $3::bytea[]) as delivered (code, band, shape)
inner join district on district.code = delivered.code

-- name: count_located
-- How many incidents are located.
select count(*) from incident
where location is not null

-- name: read_incidents
-- Where incidents are and which district they have; every column has a fixed width and is never null.
select id, st_x(location), st_y(location), coalesce(district_id, 0), district_is_nearest
from incident
where location is not null

-- name: create_assignment_table
-- The incidents whose district changes: of this transaction only. 0 stands for "no district".
create temporary table district_assignment (
    id bigint not null,
    district_id integer not null,
    is_nearest boolean not null
) on commit drop

-- name: apply_assignments
-- Writes the districts of the table `district_assignment`.
update incident set district_id = nullif(assigned.district_id, 0), district_is_nearest = assigned.is_nearest
from district_assignment as assigned
where incident.id = assigned.id

-- name: lock_for_update
-- Locks the boundaries for replacing them, to the end of the transaction: no batch of incidents is located meanwhile.
select revision from boundary_state where id = 1 for update

-- name: lock_for_share
-- Locks the boundaries for locating a batch of incidents, to the end of the transaction: they are not replaced meanwhile.
select revision from boundary_state where id = 1 for share

-- name: bump_revision
-- Marks the boundaries as changed: processes that cache them read them again.
update boundary_state set revision = revision + 1 where id = 1
