-- What points are located in, in the order of codes as bytes.
select id, level, coalesce(parent_id, 0) as parent_id, st_asbinary(area) as area
from district
where area is not null
order by code collate "C"
