-- Addresses of incidents received before $1: $2 behind this id, $3 at most so many.
select id, address from incident
where received_at < $1 and id > $2 and address <> ''
order by id
limit $3
