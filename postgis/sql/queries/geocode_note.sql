-- Notes what was found out about incidents just written that still wait for a place, or for a finer one:
-- $1 sources, $2 ids in the source, $3 digests of their words, $4 reasons, $5 candidates. The same words are noted once.
insert into geocode_wait as known (incident_id, words, next_at, reason, candidates)
select incident.id, given.words, now(), given.reason, given.candidates
from unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::jsonb[]) as given (source_id, external_id, words, reason, candidates)
inner join incident on incident.source_id = given.source_id and incident.external_id = given.external_id
-- What a server has found (4 and above) needs no more.
where (incident.placed_by is null or incident.placed_by = 3) and (incident.address <> '' or incident.message <> '')
order by incident.id
on conflict (incident_id) do update set
    words = excluded.words,
    attempts = 0,
    next_at = excluded.next_at,
    reason = excluded.reason,
    candidates = excluded.candidates
where known.words <> excluded.words
