-- Whether this session has the lock $1 now: of an Idempotency-Key whose request is being answered.
select pg_try_advisory_lock($1::bigint)
