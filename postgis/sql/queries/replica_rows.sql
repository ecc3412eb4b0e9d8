-- Incidents as replicas keep them: every column has a fixed width and is never null, so that the binary COPY
-- of this query is an array of equal records. 0 stands for "none"; instants of 'epoch' likewise. The status of a
-- near-duplicate is raised by 16 (LINKED of geo_service/core/model.py).
select
    incident.id,
    coalesce(incident.cell, 0),
    incident.received_at,
    coalesce(incident.due_at, 'epoch'),
    coalesce(incident.answered_at, 'epoch'),
    coalesce(incident.closed_at, 'epoch'),
    incident.theme_id,
    coalesce(incident.agency_id, 0),
    coalesce(incident.district_id, 0),
    incident.source_id,
    (incident.status + case when link.first_id is null then 0 else 16 end)::smallint,
    incident.location_quality,
    coalesce(st_x(incident.location), 0),
    coalesce(st_y(incident.location), 0)
from incident
left join incident_link as link on link.incident_id = incident.id
