-- Single incidents, beside what the replica knows of them.

-- name: find_by_external_id
-- Incidents whose id in their source is one of $1 or, where $2 is true, begins with one of them; at most $3, exact ones first.
-- A range in the order of the column's collation, which is that of code points, so that the unique index serves.
select found.id, found.external_id, found.is_exact
from unnest($1::text[]) as wanted (external_id)
cross join source
cross join lateral (
    select incident.id, incident.external_id, incident.external_id = wanted.external_id as is_exact
    from incident
    where
        incident.source_id = source.id
        and incident.external_id >= wanted.external_id
        and incident.external_id < case when $2 then wanted.external_id || chr(1114111) else wanted.external_id || chr(1) end
    order by incident.external_id
    limit $3
) as found
where found.is_exact or $2
order by found.is_exact desc, found.external_id, found.id
limit $3

-- name: read_details
-- What is stored of incident $1 beside the replica: its id in its source and, where $2 is true, the citizen's words and address.
select external_id, case when $2 then message end as message, case when $2 then address end as address
from incident
where id = $1
