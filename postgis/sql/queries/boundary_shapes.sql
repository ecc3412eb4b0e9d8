-- Shapes of districts for drawing: $1 codes, $2 zoom bands, $3 outlines in EPSG:3857.
insert into district_shape (district_id, band, shape)
select district.id, fresh.band, st_geomfromwkb(fresh.shape, 3857)
from unnest($1::text[], $2::smallint[], $3::bytea[]) as fresh (code, band, shape)
inner join district on district.code = fresh.code
