-- How many addresses the cache holds that were asked before $1, and are none of $2.
select count(*) from geocode_cache where at < $1 and key <> all($2::text[])
