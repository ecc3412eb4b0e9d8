-- How the rows of a run are cut into fields.
update ingest_run set form = $2::jsonb
where id = $1
