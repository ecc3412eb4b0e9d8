-- What is told of the incidents $1, in their order; those that there are not are left out.
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
from unnest($1::bigint[]) with ordinality as asked (id, place)
inner join incident on incident.id = asked.id
inner join source on source.id = incident.source_id
inner join theme on theme.id = incident.theme_id
left join agency on agency.id = incident.agency_id
order by asked.place
