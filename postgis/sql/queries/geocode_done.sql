-- Nothing more is to be found for these incidents: $1 ids.
delete from geocode_wait where incident_id = any($1::bigint[])
