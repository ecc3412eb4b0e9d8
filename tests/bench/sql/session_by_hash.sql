-- A tile of the session from its resolution's roll-up in one aggregation; the planner chooses how to join.
with tile as (
    select st_tileenvelope($1::integer, $2::integer, $3::integer) as box
),

total as (
    select hexagon.cell, sum(rollup.n)::integer as n, sum(rollup.open)::integer as open, sum(rollup.overdue)::integer as overdue
    from tile
    inner join bench_session_hexagon_{resolution} as hexagon on st_intersects(hexagon.outline, tile.box)
    inner join bench_session_{resolution} as rollup
        on rollup.cell = hexagon.cell and rollup.day >= $4::date and rollup.day < $5::date
        and ($6::smallint[] is null or rollup.sector = any($6))
    group by hexagon.cell
)

select st_asmvt(features, 'hexes', 4096, 'shape', 'id')
from (
    select hexagon.id, total.n, total.open, total.overdue, st_asmvtgeom(hexagon.outline, tile.box, 4096, 64, false) as shape
    from total
    inner join bench_session_hexagon_{resolution} as hexagon using (cell)
    cross join tile
    order by hexagon.cell
) as features
