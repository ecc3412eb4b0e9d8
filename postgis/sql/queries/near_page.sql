-- Ids of the next incidents: $1 after this id, $2 at most so many; null at the end.
select array_agg(id order by id) from (select id from incident where id > $1 order by id limit $2) as page
