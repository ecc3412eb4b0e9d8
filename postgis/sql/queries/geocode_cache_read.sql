-- Answers to addresses asked before: $1 keys, $2 how old they may be.
select key, st_x(location) as lng, st_y(location) as lat, location_quality, confidence, placed_by, name
from geocode_cache
where key = any($1::text[]) and at > now() - $2::interval
