-- A tile of a filter that no roll-up holds, from the incidents themselves, by whichever index the planner prefers.
with tile as (
    select st_tileenvelope($1::integer, $2::integer, $3::integer) as box
),

total as (
    select
        (cell & ~(15::bigint << 52)) | ({resolution}::bigint << 52) | ((1::bigint << (3 * (15 - {resolution}))) - 1) as cell,
        count(*)::integer as n,
        (count(*) filter (where status not in (6, 7, 8)))::integer as open,
        (count(*) filter (
            where status not in (6, 7, 8) and due_at < to_timestamp({until}) and (answered_at is null or status = 5)
        ))::integer as overdue
    from incident
    where
        agency_id = any($6::integer[])
        and theme_id = any($7::integer[])
        and received_at >= $4::timestamptz
        and received_at < $5::timestamptz
        and status not in (7, 8)
    group by 1
)

select st_asmvt(features, 'hexes', 4096, 'shape', 'id')
from (
    select hexagon.id, total.n, total.open, total.overdue, st_asmvtgeom(hexagon.outline, tile.box, 4096, 64, false) as shape
    from tile
    inner join bench_hexagon as hexagon on st_intersects(hexagon.outline, tile.box)
    inner join total using (cell)
    order by hexagon.cell
) as features
