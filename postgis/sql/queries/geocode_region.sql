-- The box around all districts: west, south, east, north; nulls where there are none.
select st_xmin(box) as west, st_ymin(box) as south, st_xmax(box) as east, st_ymax(box) as north
from (select st_extent(area) as box from district) as whole
