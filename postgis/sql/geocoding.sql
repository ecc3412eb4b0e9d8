-- Geocoding: cache of server answers and the queue of incidents without a final location.

-- name: district_boxes
-- Boxes of the districts: west, south, east, north; one on each side of the antimeridian for a district across it.
select st_xmin(area) as west, st_ymin(area) as south, st_xmax(area) as east, st_ymax(area) as north
from district
where st_xmax(area) - st_xmin(area) <= 180
union all
select min(st_xmin(part.geom)), min(st_ymin(part.geom)), max(st_xmax(part.geom)), max(st_ymax(part.geom))
from district, st_dump(area) as part
where st_xmax(area) - st_xmin(area) > 180
group by district.id, st_xmin(part.geom) < 0

-- name: read_cache
-- Cached answers for addresses: $1 keys, $2 their greatest age.
select key, st_x(location) as lng, st_y(location) as lat, location_quality, confidence, geocoded_by, name
from geocode_cache
where key = any($1::text[]) and fetched_at > now() - $2::interval

-- name: write_cache
-- Caches answers of servers, one a key: $1 keys in order, $2 longitudes, $3 latitudes, $4 qualities, $5 confidences,
-- $6 servers (geocoded_by), $7 names.
insert into geocode_cache as known (key, location, location_quality, confidence, geocoded_by, name)
select key, st_setsrid(st_makepoint(lng, lat), 4326), location_quality, confidence, geocoded_by, name
from unnest($1::text[], $2::float8[], $3::float8[], $4::smallint[], $5::real[], $6::smallint[], $7::text[])
    as delivered (key, lng, lat, location_quality, confidence, geocoded_by, name)
on conflict (key) do update set
    location = excluded.location,
    location_quality = excluded.location_quality,
    confidence = excluded.confidence,
    geocoded_by = excluded.geocoded_by,
    name = excluded.name,
    fetched_at = now()

-- name: enqueue
-- Queues incidents just written that are not located, or could be located more precisely: $1 sources, $2 ids in the source,
-- $3 digests of their text, $4 reasons, $5 candidates. An entry with the same text is left as it is.
insert into geocode_queue as known (incident_id, text_digest, next_attempt_at, reason, candidates)
select incident.id, delivered.text_digest, now(), delivered.reason, delivered.candidates
from unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::jsonb[]) as delivered (source_id, external_id, text_digest, reason, candidates)
inner join incident on incident.source_id = delivered.source_id and incident.external_id = delivered.external_id
-- What a server has located is final.
where (incident.geocoded_by is null or incident.geocoded_by = ${geocoded_by.gazetteer}) and (incident.address <> '' or incident.message <> '')
order by incident.id
on conflict (incident_id) do update set
    text_digest = excluded.text_digest,
    attempts = 0,
    next_attempt_at = excluded.next_attempt_at,
    reason = excluded.reason,
    candidates = excluded.candidates
where known.text_digest <> excluded.text_digest

-- name: list_pending
-- Queued incidents in the order of ids: $1 after this id, $2 at most so many, $3 also those that were given up.
with pending as (
    select id from incident
    where location is null and id > $1
    union
    select incident_id from geocode_queue
    where incident_id > $1
)

select incident.id, incident.address, incident.message, coalesce(queued.attempts, 0) as attempts
from pending
inner join incident on incident.id = pending.id
left join geocode_queue as queued on queued.incident_id = incident.id
where
    (incident.address <> '' or incident.message <> '')
    and (incident.location is null or incident.geocoded_by = ${geocoded_by.gazetteer})
    and (queued.incident_id is null or $3 or queued.next_attempt_at <= now())
order by incident.id
limit $2

-- name: count_pending
-- How many incidents `list_pending` returns in all: $1 also those that were given up.
with pending as (
    select id from incident
    where location is null
    union
    select incident_id from geocode_queue
)

select count(*)
from pending
inner join incident on incident.id = pending.id
left join geocode_queue as queued on queued.incident_id = incident.id
where
    (incident.address <> '' or incident.message <> '')
    and (incident.location is null or incident.geocoded_by = ${geocoded_by.gazetteer})
    and (queued.incident_id is null or $1 or queued.next_attempt_at <= now())

-- name: apply_results
-- Writes locations: $1 ids in order, $2 digests of the text they were found by, $3 longitudes, $4 latitudes, $5 cells, $6 qualities,
-- $7 confidences, $8 geocoded_by, $9 districts (0 for none), $10 whether these are only the nearest.
-- Where the text has changed meanwhile, or something as fine is known, nothing is written. Returns the incidents that were.
update incident set
    location = st_setsrid(st_makepoint(located.lng, located.lat), 4326),
    cell = located.cell,
    location_quality = located.location_quality,
    confidence = located.confidence,
    geocoded_by = located.geocoded_by,
    district_id = nullif(located.district_id, 0),
    district_is_nearest = located.is_nearest
from unnest(
    $1::bigint[], $2::text[], $3::float8[], $4::float8[], $5::bigint[], $6::smallint[],
    $7::real[], $8::smallint[], $9::int[], $10::boolean[]
) as located (id, text_digest, lng, lat, cell, location_quality, confidence, geocoded_by, district_id, is_nearest)
where
    incident.id = located.id
    and md5(incident.address || e'\n' || incident.message) = located.text_digest
    and (incident.location is null or (incident.geocoded_by = ${geocoded_by.gazetteer} and incident.location_quality > located.location_quality))
returning incident.id, incident.source_id, incident.geocoded_by

-- name: complete
-- Takes incidents out of the queue: $1 ids.
delete from geocode_queue where incident_id = any($1::bigint[])

-- name: reschedule
-- Queues incidents for another attempt: $1 ids in order, $2 digests of their text, $3 seconds until they are due (null: only when
-- all are geocoded again), $4 reasons, $5 candidates.
insert into geocode_queue as known (incident_id, text_digest, attempts, next_attempt_at, reason, candidates)
select id, text_digest, 1, now() + make_interval(secs => seconds), reason, candidates
from unnest($1::bigint[], $2::text[], $3::float8[], $4::text[], $5::jsonb[]) as delivered (id, text_digest, seconds, reason, candidates)
on conflict (incident_id) do update set
    text_digest = excluded.text_digest,
    attempts = least(known.attempts + 1, 30000),
    next_attempt_at = excluded.next_attempt_at,
    reason = excluded.reason,
    candidates = excluded.candidates

-- name: record_sources
-- Records which steps have located incidents of which sources, for attribution: $1 sources, $2 steps. Writes nothing known.
update source set
    geocoded_by = (select array_agg(distinct step order by step) from unnest(source.geocoded_by || recorded.steps) as united (step))
from (
    select source_id, array_agg(step) as steps
    from unnest($1::smallint[], $2::smallint[]) as pair (source_id, step)
    group by source_id
) as recorded
where source.id = recorded.source_id and not source.geocoded_by @> recorded.steps

-- name: list_coarse
-- Incidents whose coordinates came with one decimal at most and that have words: $1 after this id, $2 at most so many.
select
    id, address, message, st_x(location) as lng, st_y(location) as lat,
    st_x(location) = round(st_x(location)) and st_y(location) = round(st_y(location)) as is_whole
from incident
where
    id > $1
    and location is not null
    and location_quality between ${location_quality.settlement} and ${location_quality.region}
    and geocoded_by in (${geocoded_by.input}, ${geocoded_by.swapped})
    and (address <> '' or message <> '')
order by id
limit $2

-- name: release_coarse
-- Removes the coordinates of incidents, so that their words are geocoded instead: $1 ids. Returns the ids of those that had some.
update incident set
    location = null,
    cell = null,
    location_quality = ${location_quality.none},
    confidence = null,
    geocoded_by = null,
    district_id = null,
    district_is_nearest = false
where id = any($1::bigint[]) and geocoded_by in (${geocoded_by.input}, ${geocoded_by.swapped})
returning id

-- name: purge_orphans
-- Deletes entries of deleted incidents.
delete from geocode_queue as queued
where not exists (select from incident where incident.id = queued.incident_id)
