-- Idempotency-Key of POST requests: locks, and responses to repeat.

-- name: acquire_lock
-- Whether this session has the lock $1 now: of an Idempotency-Key whose request is being answered.
select pg_try_advisory_lock($1::bigint)

-- name: release_lock
-- Releases the lock $1.
select pg_advisory_unlock($1::bigint)

-- name: lookup
-- The response to the request with the key $1, if it is complete and may still be repeated.
select digest, summary from idempotency_key
where key = $1 and created_at >= now() - interval '24 hours'

-- name: reset
-- Deletes what is left of a request with the key $1 that was never completed, or too long ago.
with deleted as (
    delete from idempotency_key where key = $1
)

delete from idempotency_response where key = $1

-- name: append_part
-- Stores a part of a response: $1 the key, $2 its number, $3 its lines.
insert into idempotency_response (key, part, lines) values ($1, $2, $3)

-- name: read_parts
-- The parts of the response to the request with the key $1, in order, from part $2 on; $3 at most.
select part, lines from idempotency_response
where key = $1 and part >= $2
order by part
limit $3

-- name: complete
-- Stores the end of a response: $1 the key, $2 the digest of the request, $3 the summary.
insert into idempotency_key (key, digest, summary) values ($1, $2, $3)

-- name: purge_expired
-- Deletes responses too old to be repeated; parts a little later than the end that refers to them.
with deleted as (
    delete from idempotency_key where created_at < now() - interval '24 hours'
)

delete from idempotency_response where created_at < now() - interval '26 hours'
