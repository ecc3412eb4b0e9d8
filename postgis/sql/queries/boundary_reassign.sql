-- Incidents get the districts that were found for them; only those that differ are there.
update incident set district_id = nullif(found.district_id, 0), district_near = found.near
from incident_found as found
where incident.id = found.id
