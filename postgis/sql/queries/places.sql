-- The most populous settlements in a box ($1 west, $2 south, $3 east, $4 north), at most $5.
select id, name_ru, name_en, population, round(st_x(location)::numeric, 4)::float8 as lng, round(st_y(location)::numeric, 4)::float8 as lat
from place
where location && st_makeenvelope($1, $2, $3, $4, 4326)
order by population desc, id
limit $5
