-- Which of the keys $1 are in the cache of addresses.
select key from geocode_cache where key = any($1::text[])
