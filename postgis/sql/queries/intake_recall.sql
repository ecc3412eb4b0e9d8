-- How the request with the key $1 was answered, if it was, and its answer may still be repeated.
select digest, summary from intake_key
where key = $1 and at >= now() - interval '24 hours'
