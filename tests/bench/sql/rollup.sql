-- The yardstick's daily roll-up: incidents by cell of one resolution and day (UTC), without sectors, so as small as can be.
-- Read by one covering index in the order in which tiles ask.
drop table if exists bench_rollup, bench_hexagon;

create unlogged table bench_rollup as
select
    (cell & ~(15::bigint << 52)) | ({resolution}::bigint << 52) | ((1::bigint << (3 * (15 - {resolution}))) - 1) as cell,
    (received_at at time zone 'UTC')::date as day,
    count(*)::integer as n,
    (count(*) filter (where status not in (6, 7, 8)))::integer as open,
    (count(*) filter (
        where status not in (6, 7, 8) and due_at < to_timestamp({until}) and (answered_at is null or status = 5)
    ))::integer as overdue
from incident
where cell is not null
group by 1, 2
order by 1, 2;

create index bench_rollup_idx on bench_rollup (cell, day) include (n, open, overdue);

-- Hexagons in Web Mercator, with the id they have in tiles.
create unlogged table bench_hexagon (cell bigint primary key, id bigint not null, outline geometry (polygon, 3857) not null);
