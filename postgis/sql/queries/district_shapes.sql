-- Outlines of districts for every zoom band, EPSG:3857.
select district_id, band, st_asbinary(shape) as shape
from district_shape
order by band, district_id
