-- Answers of servers, one a key: $1 keys in order, $2 longitudes, $3 latitudes, $4 qualities, $5 confidences, $6 who answered, $7 names.
insert into geocode_cache as known (key, location, location_quality, confidence, placed_by, name)
select key, st_setsrid(st_makepoint(lng, lat), 4326), location_quality, confidence, placed_by, name
from unnest($1::text[], $2::float8[], $3::float8[], $4::smallint[], $5::real[], $6::smallint[], $7::text[])
    as given (key, lng, lat, location_quality, confidence, placed_by, name)
on conflict (key) do update set
    location = excluded.location,
    location_quality = excluded.location_quality,
    confidence = excluded.confidence,
    placed_by = excluded.placed_by,
    name = excluded.name,
    at = now()
