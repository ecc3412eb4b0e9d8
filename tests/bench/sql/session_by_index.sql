-- A tile of the session from its resolution's roll-up: one short range of the covering index for each hexagon in the tile.
select st_asmvt(features, 'hexes', 4096, 'shape', 'id')
from (
    select hexagon.id, total.n, total.open, total.overdue, st_asmvtgeom(hexagon.outline, tile.box, 4096, 64, false) as shape
    from (select st_tileenvelope($1::integer, $2::integer, $3::integer) as box) as tile
    cross join bench_session_hexagon_{resolution} as hexagon
    cross join lateral (
        select sum(n)::integer as n, sum(open)::integer as open, sum(overdue)::integer as overdue
        from bench_session_{resolution}
        where cell = hexagon.cell and day >= $4::date and day < $5::date and ($6::smallint[] is null or sector = any($6))
    ) as total
    where st_intersects(hexagon.outline, tile.box) and total.n > 0
    order by hexagon.cell
) as features
