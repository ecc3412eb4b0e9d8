-- The weekly report.

-- name: list_addresses
-- How the addresses of the incidents $1 are written.
select id, address
from incident
where id = any($1::bigint[]) and address <> ''
order by id
