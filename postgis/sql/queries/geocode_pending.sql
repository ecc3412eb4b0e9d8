-- Incidents that wait for a place, or for a finer one than the gazetteer gave, in the order of ids:
-- $1 after this id, $2 at most so many, $3 also those that were given up.
with waiting as (
    select id from incident
    where location is null and id > $1
    union
    select incident_id from geocode_wait
    where incident_id > $1
)

select incident.id, incident.address, incident.message, coalesce(noted.attempts, 0) as attempts
from waiting
inner join incident on incident.id = waiting.id
left join geocode_wait as noted on noted.incident_id = incident.id
where
    (incident.address <> '' or incident.message <> '')
    and (incident.location is null or incident.placed_by = 3)
    and (noted.incident_id is null or $3 or noted.next_at <= now())
order by incident.id
limit $2
