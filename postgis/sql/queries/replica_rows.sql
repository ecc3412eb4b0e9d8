-- Incidents as replicas keep them: every column has a fixed width and is never null, so that the binary COPY
-- of this query is an array of equal records. 0 stands for "none"; instants of 'epoch' likewise.
select
    id,
    coalesce(cell, 0),
    received_at,
    coalesce(due_at, 'epoch'),
    coalesce(answered_at, 'epoch'),
    coalesce(closed_at, 'epoch'),
    theme_id,
    coalesce(agency_id, 0),
    coalesce(district_id, 0),
    source_id,
    status,
    location_quality,
    coalesce(st_x(location), 0),
    coalesce(st_y(location), 0)
from incident
