-- Runs that say they are running and whose session is gone were interrupted.
update ingest_run set state = 'interrupted', finished_at = now()
where state = 'running' and pg_try_advisory_xact_lock($1::bigint + id)
