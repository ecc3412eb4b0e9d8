-- Takes addresses out of the cache: $1 keys, and whatever was asked before $2 (null: nothing more).
with gone as (
    delete from geocode_cache where key = any($1::text[]) or at < $2::timestamptz
    returning key
)

select count(*) from gone
