-- Duplicates: linking, the rule in force, and paging through all incidents when it has changed.

-- name: link
-- Links incidents that the transaction has written: $1 new ones, $2 changed ones (ids). Returns how many more are linked.
select link_duplicates($1, $2)

-- name: is_rule_complete
-- Whether all incidents are linked by the rule of $1 metres and $2 hours.
select complete and metres = $1 and hours = $2 from duplicate_rule

-- name: set_rule
-- From now on duplicates are at most $1 metres and $2 hours apart.
update duplicate_rule set metres = $1, hours = $2, complete = false

-- name: count_incidents
-- How many incidents there are.
select count(*) from incident

-- name: count_links
-- How many incidents are linked.
select count(*) from incident_link
where duplicate_of_id is not null

-- name: next_incident_ids
-- Ids of the next incidents: $1 after this id, $2 at most so many; null at the end.
select array_agg(id order by id) from (select id from incident where id > $1 order by id limit $2) as page

-- name: complete_rule
-- All incidents are linked by the rule of $1 metres and $2 hours, unless it has been changed meanwhile.
update duplicate_rule set complete = true
where metres = $1 and hours = $2
