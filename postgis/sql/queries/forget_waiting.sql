-- What waits for a place has no more than its words: $1 incidents that have lost some of them.
with wordless as (
    delete from geocode_wait using incident
    where geocode_wait.incident_id = any($1::bigint[]) and incident.id = geocode_wait.incident_id
    and incident.address = '' and incident.message = ''
)

update geocode_wait set words = md5(incident.address || e'\n' || incident.message), candidates = '[]'
from incident
where geocode_wait.incident_id = any($1::bigint[]) and incident.id = geocode_wait.incident_id
and (incident.address <> '' or incident.message <> '')
