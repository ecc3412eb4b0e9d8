-- Open311: checkpoints of pulls, and the service requests that are served.

-- name: acquire_pull_lock
-- Whether this session may pull from the server: $1 source, $2 endpoint; false while another pull is running. Held until the
-- session ends.
select pg_try_advisory_lock(hashtextextended('open311 ' || $1::text || ' ' || $2::text, 0))

-- name: read_checkpoint
-- How far a server has been pulled.
select since, reached, known_at, finished
from open311_checkpoint
where source = $1 and endpoint = $2

-- name: write_checkpoint
-- Stores how far a server has been pulled.
insert into open311_checkpoint (source, endpoint, since, reached, known_at, finished)
values ($1, $2, $3, $4, $5, $6)
on conflict (source, endpoint) do update set
    since = excluded.since,
    reached = excluded.reached,
    known_at = excluded.known_at,
    finished = excluded.finished

-- name: list_by_received_at
-- Requests received from $1 to $2, of the themes $3 (null: all) and with the statuses $4; at most $5, after the first $6.
select id from incident
where
    received_at between $1 and $2
    and ($3::int[] is null or theme_id = any($3))
    and status = any($4::smallint[])
order by received_at desc, id desc
limit $5
offset $6

-- name: list_by_updated_at
-- Requests last changed from $1 to $2, of the themes $3 (null: all) and with the statuses $4; at most $5, after the first $6.
select id from incident
where
    updated_at between $1 and $2
    and ($3::int[] is null or theme_id = any($3))
    and status = any($4::smallint[])
order by updated_at desc, id desc
limit $5
offset $6

-- name: get_requests
-- The incidents $1 in their order; ids that do not exist are left out.
select
    incident.id,
    incident.status,
    incident.message,
    incident.address,
    incident.received_at,
    incident.updated_at,
    incident.closed_at,
    incident.due_at,
    st_y(incident.location) as lat,
    st_x(incident.location) as lng,
    source.code as source,
    theme.code,
    theme.name_ru,
    agency.name as agency
from unnest($1::bigint[]) with ordinality as requested (id, position)
inner join incident on incident.id = requested.id
inner join source on source.id = incident.source_id
inner join theme on theme.id = incident.theme_id
left join agency on agency.id = incident.agency_id
order by requested.position
