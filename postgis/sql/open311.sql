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
-- Requests received from $1 to $2, of the themes $3 (null: all) and with the statuses $4; at most $5, after the first $6, and
-- after the one received at $7 with the id $8 (null: from the newest).
select id, received_at as position from incident
where
    received_at between $1 and $2
    and ($3::int[] is null or theme_id = any($3))
    and status = any($4::smallint[])
    and ($7::timestamptz is null or (received_at, id) < ($7, $8::bigint))
order by received_at desc, id desc
limit $5
offset $6

-- name: list_by_change
-- Requests last changed from $1 to $2, by their source or by a change of status recorded here; other parameters as in
-- list_by_received_at. A request is at its last change, and there only: both lists are read by index, and merged.
with by_source as (
    select id, updated_at as position from incident
    where
        updated_at between $1 and $2
        and ($3::int[] is null or theme_id = any($3))
        and status = any($4::smallint[])
        and ($7::timestamptz is null or (updated_at, id) < ($7, $8::bigint))
        and not exists (
            select from status_change
            where incident_id = incident.id and changed_at > incident.updated_at and status_change.status <> previous_status
        )
    order by updated_at desc, id desc
    limit $5::bigint + $6::bigint
),

by_status as (
    select incident.id, change.changed_at as position
    from status_change as change
    inner join incident on incident.id = change.incident_id
    where
        -- Instants of changes are rounded up to a second.
        change.changed_at between $1 and $2::timestamptz + interval '1 second'
        and change.status <> change.previous_status
        and change.changed_at > incident.updated_at
        and ($3::int[] is null or incident.theme_id = any($3))
        and incident.status = any($4::smallint[])
        and ($7::timestamptz is null or (change.changed_at, incident.id) < ($7, $8::bigint))
        and not exists (
            select from status_change as later
            where later.incident_id = change.incident_id and later.id > change.id and later.status <> later.previous_status
        )
    order by change.changed_at desc, incident.id desc
    limit $5::bigint + $6::bigint
)

select id, position from (select id, position from by_source union all select id, position from by_status) as changed
order by position desc, id desc
limit $5
offset $6

-- name: get_requests
-- The incidents $1 in their order; ids that do not exist are left out. $2: with the addresses of their photographs.
select
    incident.id,
    incident.status,
    incident.message,
    incident.address,
    incident.received_at,
    incident.updated_at,
    incident.closed_at,
    incident.due_at,
    greatest(incident.updated_at, change.changed_at) as modified_at,
    case when $2 then array(select url from incident_media where incident_id = incident.id order by url) end as media_urls,
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
left join lateral (
    select max(changed_at) as changed_at from status_change where incident_id = incident.id and status_change.status <> previous_status
) as change on true
order by requested.position

-- name: is_outside
-- Whether the incident $1 has a place that is outside of every district, and near none.
select location is not null and district_id is null from incident
where id = $1

-- name: await_status_changes
-- Waits until every status change is committed that has been recorded before now.
select pg_advisory_xact_lock_shared(${lock.duplicates})

-- name: list_status_changes
-- Changes of status recorded from $1 to $2, oldest first: of the incidents $3 (null: all), at most $4, after the one recorded at
-- $5 with the id $6 (null: from the oldest). $7: with texts and photographs that were sent.
select
    status_change.id,
    status_change.incident_id,
    status_change.status,
    status_change.changed_at,
    case when $7 then status_change.message else '' end as message,
    case when $7 then status_change.media_urls else '{}' end as media_urls
from status_change
where
    changed_at between $1 and $2
    and status <> previous_status
    and ($3::bigint[] is null or incident_id = any($3))
    and ($5::timestamptz is null or (changed_at, id) > ($5, $6::bigint))
order by changed_at, id
limit $4

-- name: lock_request
-- The incident $1 as far as an update changes it, locked, and when it was last opened or closed here (null: never).
select
    incident.status,
    (
        select max(changed_at) from status_change
        where
            incident_id = incident.id
            and (status_change.status = any($2::smallint[])) <> (previous_status = any($2::smallint[]))
    ) as crossed_at
from incident
where id = $1
for update of incident

-- name: find_sent_update
-- The id of the update of the incident $1 that its sender calls $2.
select id from status_change
where incident_id = $1 and sender_update_id = $2

-- name: set_status
-- Gives the incident $1 the status $2 as of $3. $4: whether that closes it.
update incident set
    status = $2,
    closed_at = case when $4 then greatest(received_at, $3::timestamptz) end,
    updated_at = greatest(updated_at, $3::timestamptz)
where id = $1

-- name: describe_last_change
-- Stores what was sent together with the last change of the incident $1: $2 the sender's id, $3 text, $4 photographs.
update status_change set sender_update_id = $2, message = $3, media_urls = $4::text[]
where id = (select max(id) from status_change where incident_id = $1)
returning id

-- name: insert_comment
-- Stores an update of the incident $1 that changes no status ($5); other parameters as in describe_last_change.
insert into status_change (incident_id, previous_status, status, changed_at, sender_update_id, message, media_urls)
values ($1, $5, $5, date_trunc('second', clock_timestamp()) + interval '1 second', $2, $3, $4::text[])
returning id

-- name: insert_media
-- Stores addresses of photographs: $1 incidents, $2 an address for each.
insert into incident_media (incident_id, url)
select incident_id, url from unnest($1::bigint[], $2::text[]) as sent (incident_id, url)
on conflict do nothing

-- name: insert_media_by_external_id
-- Stores addresses of photographs of the source $1: $2 ids in the source, $3 an address for each.
insert into incident_media (incident_id, url)
select incident.id, sent.url
from unnest($2::text[], $3::text[]) as sent (external_id, url)
inner join source on source.code = $1
inner join incident on incident.source_id = source.id and incident.external_id = sent.external_id
where incident.received_at >= coalesce((select before from retention where field = 'text'), '-infinity')
on conflict do nothing

-- name: record_status_changes
-- Records changes of status that this transaction has written: $1 incidents, $2 their previous statuses, $3 their statuses.
-- From here to its end, whoever else records changes or links duplicates waits, so that instants are in the order of the
-- commits. They are rounded up: an interval that ends now is complete, and none that follows it has a change again.
with locked as materialized (select pg_advisory_xact_lock(${lock.duplicates})),

-- Read once, after the wait for the lock.
recorded as materialized (select date_trunc('second', clock_timestamp()) + interval '1 second' as changed_at from locked)

insert into status_change (incident_id, previous_status, status, changed_at)
select changed.incident_id, changed.previous_status, changed.status, recorded.changed_at
from recorded
cross join unnest($1::bigint[], $2::smallint[], $3::smallint[]) as changed (incident_id, previous_status, status)
