-- How many incidents `geocode_pending` would give in all: $1 also those that were given up.
with waiting as (
    select id from incident
    where location is null
    union
    select incident_id from geocode_wait
)

select count(*)
from waiting
inner join incident on incident.id = waiting.id
left join geocode_wait as noted on noted.incident_id = incident.id
where
    (incident.address <> '' or incident.message <> '')
    and (incident.location is null or incident.placed_by = 3)
    and (noted.incident_id is null or $1 or noted.next_at <= now())
