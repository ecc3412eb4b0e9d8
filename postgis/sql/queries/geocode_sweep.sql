-- Notes on incidents that are gone.
delete from geocode_wait as noted
where not exists (select from incident where incident.id = noted.incident_id)
