-- A whole tile from the roll-up, class included: quantiles over all hexagons of the window, as for every tile of a view.
with total as (
    select cell, sum(n)::integer as n, sum(open)::integer as open, sum(overdue)::integer as overdue
    from bench_rollup
    where day >= $4::date and day < $5::date
    group by cell
),

breaks as (
    select percentile_disc(array[0.2, 0.4, 0.6, 0.8]) within group (order by n) as uppers from total
)

select st_asmvt(features, 'hexes', 4096, 'shape', 'id')
from (
    select
        hexagon.id,
        total.n,
        total.open,
        total.overdue,
        width_bucket(total.n, breaks.uppers) as class,
        st_asmvtgeom(hexagon.outline, tile.box, 4096, 64, false) as shape
    from (select st_tileenvelope($1::integer, $2::integer, $3::integer) as box) as tile
    inner join bench_hexagon as hexagon on st_intersects(hexagon.outline, tile.box)
    inner join total using (cell)
    cross join breaks
    order by hexagon.cell
) as features
