-- The run is over.
update ingest_run set state = $2, finished_at = now()
where id = $1
