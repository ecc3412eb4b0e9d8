-- Incidents that still wait: $1 ids in order, $2 digests of their words, $3 seconds until they are due (null: only when all are asked
-- anew), $4 reasons, $5 candidates.
insert into geocode_wait as known (incident_id, words, attempts, next_at, reason, candidates)
select id, words, 1, now() + make_interval(secs => seconds), reason, candidates
from unnest($1::bigint[], $2::text[], $3::float8[], $4::text[], $5::jsonb[]) as given (id, words, seconds, reason, candidates)
on conflict (incident_id) do update set
    words = excluded.words,
    attempts = least(known.attempts + 1, 30000),
    next_at = excluded.next_at,
    reason = excluded.reason,
    candidates = excluded.candidates
