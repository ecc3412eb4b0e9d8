-- The session's daily roll-up of one resolution, by sector: what a deployment without a replica would keep for its tiles.
drop table if exists bench_session_{resolution}, bench_session_hexagon_{resolution};

create unlogged table bench_session_{resolution} as
select
    (cell & ~(15::bigint << 52)) | ({resolution}::bigint << 52) | ((1::bigint << (3 * (15 - {resolution}))) - 1) as cell,
    (received_at at time zone 'UTC')::date as day,
    theme.sector_id as sector,
    count(*)::integer as n,
    (count(*) filter (where status not in (6, 7, 8)))::integer as open,
    (count(*) filter (
        where status not in (6, 7, 8) and due_at < to_timestamp({until}) and (answered_at is null or status = 5)
    ))::integer as overdue
from incident
inner join theme on theme.id = incident.theme_id
where cell is not null
group by 1, 2, 3
order by 1, 2, 3;

create index bench_session_{resolution}_idx on bench_session_{resolution} (cell, day) include (sector, n, open, overdue);

create unlogged table bench_session_hexagon_{resolution} (
    cell bigint primary key, id bigint not null, outline geometry (polygon, 3857) not null
);
