-- Places incidents: $1 ids in order, $2 digests of the words they were found by, $3 longitudes, $4 latitudes, $5 cells, $6 qualities,
-- $7 confidences, $8 what placed them, $9 districts (0 for none), $10 whether they are only near these.
-- Where the words have changed meanwhile, or something as fine is known, nothing is written. Gives those that were placed.
update incident set
    location = st_setsrid(st_makepoint(found.lng, found.lat), 4326),
    cell = found.cell,
    location_quality = found.location_quality,
    confidence = found.confidence,
    placed_by = found.placed_by,
    district_id = nullif(found.district_id, 0),
    district_near = found.near
from unnest(
    $1::bigint[], $2::text[], $3::float8[], $4::float8[], $5::bigint[], $6::smallint[],
    $7::real[], $8::smallint[], $9::int[], $10::boolean[]
) as found (id, words, lng, lat, cell, location_quality, confidence, placed_by, district_id, near)
where
    incident.id = found.id
    and md5(incident.address || e'\n' || incident.message) = found.words
    and (incident.location is null or (incident.placed_by = 3 and incident.location_quality > found.location_quality))
returning incident.id, incident.source_id, incident.placed_by
