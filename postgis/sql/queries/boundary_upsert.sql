-- Writes districts of one level ($1) and counts those that are new and those that differ from what was known.
-- A known code keeps its id, and its population where none is given.
with written as (
    insert into district as known (
        level, code, parent_id, name_ru, name_en, names, population, area, area_km2, label, approximate, attribution
    )
    select
        $1, code, parent.id, name_ru, name_en, names::jsonb, population,
        st_multi(st_geomfromwkb(area, 4326)), area_km2, st_geomfromwkb(label, 4326), $2, $3
    from unnest(
        $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::integer[], $10::bytea[], $11::double precision[], $12::bytea[]
    ) as fresh (code, parent, name_ru, name_en, names, population, area, area_km2, label)
    left join lateral (select id from district where code = fresh.parent) as parent on true
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
