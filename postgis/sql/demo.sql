-- The synthetic demo region.

-- name: has_districts
-- Whether there are any districts except the demo region's own ($1).
select exists (select from district where code <> $1)

-- name: latest_event_at
-- The last event of the demo region's history ($1 its sources); messages of the feed do not count.
select max(updated_at) from incident where source_id = any($1::smallint[]) and external_id not like 'l%'

-- name: latest_episode_days
-- The newest day on which each kind of episode was planted: ids are a letter, the day, a hyphen and a number.
select left(external_id, 1) as letter, max(split_part(substr(external_id, 2), '-', 1)::int) as anchor
from incident
where source_id = any($1::smallint[]) and external_id ~ '^[a-ce-km-z][0-9]+-'
group by 1

-- name: list_open_live
-- The feed's messages with one of the statuses $2; $1 the sources.
select external_id from incident
where source_id = any($1::smallint[]) and external_id like 'l%' and status = any($2::smallint[])

-- name: delete_incidents
-- Deletes all incidents of the sources with the codes $1.
delete from incident using source where source.id = incident.source_id and source.code = any($1::text[])
