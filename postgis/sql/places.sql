-- Named settlements.

-- name: list_in_boxes
-- The most populous settlements in two boxes ($1 and $5 west, $2 and $6 south, $3 and $7 east, $4 and $8 north), at most $9;
-- sections of towns come last.
select
    id, name_ru, name_en, population, type, section_of, transliterated,
    round(st_x(location)::numeric, 4)::float8 as lng,
    round(st_y(location)::numeric, 4)::float8 as lat
from place
where location && st_makeenvelope($1, $2, $3, $4, 4326) or location && st_makeenvelope($5, $6, $7, $8, 4326)
order by section_of is not null, population desc, id
limit $9

-- name: are_loaded
-- Whether the settlements are loaded with what is known of them today.
select exists (select from place where section_of is not null)

-- name: upsert
-- Settlements as columns: $1 ids, $2 Russian and $3 English names, $4 countries, $5 populations, $6 longitudes, $7 latitudes,
-- $8 types, $9 the towns that they are sections of, $10 whether the Russian name is transliterated.
insert into place as known (id, name_ru, name_en, country, population, location, type, section_of, transliterated)
select
    id, name_ru, name_en, country, population, st_setsrid(st_makepoint(lng, lat), 4326), type, section_of, transliterated
from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::int[], $6::float8[], $7::float8[], $8::text[], $9::int[], $10::bool[])
    as delivered (id, name_ru, name_en, country, population, lng, lat, type, section_of, transliterated)
on conflict (id) do update set
    name_ru = excluded.name_ru,
    name_en = excluded.name_en,
    country = excluded.country,
    population = excluded.population,
    location = excluded.location,
    type = excluded.type,
    section_of = excluded.section_of,
    transliterated = excluded.transliterated
where (
    known.name_ru, known.name_en, known.country, known.population, known.location, known.type, known.section_of, known.transliterated
) is distinct from (
    excluded.name_ru, excluded.name_en, excluded.country, excluded.population, excluded.location, excluded.type, excluded.section_of,
    excluded.transliterated
)

-- name: delete_others
-- Settlements that are not among the ids $1: GeoNames has no such place any more, or has another one twice.
delete from place where id <> all($1::int[])
