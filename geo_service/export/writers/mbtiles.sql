-- MBTiles 1.3 with each image stored once: `tiles`, which readers ask, is a view (https://github.com/mapbox/mbtiles-spec).
pragma application_id = 0x4d504258;
create table metadata (name text not null, value text not null);
create unique index metadata_name on metadata (name);
create table images (tile_id integer primary key, tile_data blob not null);
create table map (
    zoom_level integer not null,
    tile_column integer not null,
    tile_row integer not null,
    tile_id integer not null references images,
    primary key (zoom_level, tile_column, tile_row)
) without rowid;
create view tiles as
select map.zoom_level, map.tile_column, map.tile_row, images.tile_data
from map join images on images.tile_id = map.tile_id;
