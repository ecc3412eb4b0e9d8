-- Duplicates. In the order of receipt (then the source's code, then the id in the source), an incident is a duplicate of
-- the earliest one before it that is itself no duplicate, has the same theme and another source, and was reported no
-- further away in space and time than `duplicate_rule` says; where there is none, it is the first of a group of its own.
-- This depends on the incidents alone, not on the order in which they were stored. Only incidents located to the house
-- (location_quality exact or house) are compared.

-- Pairs of the given incidents with those close to them, earlier or later. Each given incident is found by its key, and
-- those around it by `incident_duplicate_candidates_idx`: subqueries with "offset 0" are carried out as they are written,
-- whatever the statistics of a growing table say. A first batch that is analysed before it is committed even counts as an
-- empty table, in which every index that fits a condition seems to be as good as any other.
create or replace function duplicate_candidates(incident_ids bigint[], max_metres float8, max_interval interval)
returns table (id bigint, other_id bigint, other_is_earlier boolean, received_at timestamptz, source text, external_id text)
language sql stable rows 100
set enable_seqscan = off set enable_bitmapscan = off set enable_memoize = off set jit = off
as $$
    select own.id, other.id, receipt.other_is_earlier, other.received_at, other_source.code, other.external_id
    from unnest(incident_ids) as requested (id)
    cross join lateral (
        select
            incident.*,
            st_x(incident.location) as lng,
            st_y(incident.location) as lat,
            -- A degree of latitude is longer than 110 km, one of longitude longer than 111 km times the cosine of the latitude.
            max_metres / 110000 as lat_reach,
            max_metres / (111000 * cos(radians(least(abs(st_y(incident.location)) + max_metres / 110000, 85.02)))) as lng_reach
        from incident
        -- The quality is compared below: here it would allow a scan of the whole index of candidates.
        where incident.id = requested.id
        offset 0
    ) as own
    -- The grid of the index: hundredths of a degree, and beyond 85° rings around the pole.
    cross join lateral (
        select y, case when y between -8500 and 8499 then mod(step + 54000, 36000) else 0 end as x
        from generate_series(floor((own.lat - own.lat_reach) * 100)::int, floor((own.lat + own.lat_reach) * 100)::int) as y
        cross join lateral generate_series(
            case when y between -8500 and 8499 then floor((own.lng - own.lng_reach) * 100)::int else 0 end,
            case when y between -8500 and 8499 then floor((own.lng + own.lng_reach) * 100)::int else 0 end
        ) as step
        offset 0
    ) as grid_cell
    cross join lateral (
        select incident.id, incident.location, incident.received_at, incident.source_id, incident.external_id
        from incident
        where
            incident.theme_id = own.theme_id
            and floor(st_y(incident.location) * 100)::int = grid_cell.y
            and case
                when floor(st_y(incident.location) * 100)::int between -8500 and 8499 then mod(floor(st_x(incident.location) * 100)::int + 18000, 36000)
                else 0
            end = grid_cell.x
            and incident.received_at between own.received_at - max_interval and own.received_at + max_interval
            and incident.location_quality <= ${location_quality.house}
            and incident.source_id <> own.source_id
        offset 0
    ) as other
    inner join source as own_source on own_source.id = own.source_id
    inner join source as other_source on other_source.id = other.source_id
    cross join lateral (
        select (other.received_at, other_source.code collate "C") < (own.received_at, own_source.code collate "C") as other_is_earlier
    ) as receipt
    -- From the earlier to the later one, so that both find the same distance.
    where
        own.location_quality <= ${location_quality.house}
        and case
            when receipt.other_is_earlier then st_distance(other.location::geography, own.location::geography)
            else st_distance(own.location::geography, other.location::geography)
        end <= max_metres
$$;

-- Links the incidents that were written, and those whose links depend on them: new_ids are new, changed_ids were known.
-- Call it after everything else that the transaction writes of incidents: from here to its end, other callers wait.
-- Returns how many incidents were linked, less those unlinked.
create or replace function link_duplicates(new_ids bigint[], changed_ids bigint[])
returns bigint
language plpgsql
set enable_hashjoin = on set enable_seqscan = off set jit = off
as $$
declare
    link_count bigint := 0;
    pending bigint[];
    linked bigint[];
    unlinked bigint[];
    max_metres float8;
    max_interval interval;
begin
    -- Whoever comes after sees what was committed by whoever went before.
    perform pg_advisory_xact_lock(${lock.duplicates});
    if
        not exists (select from incident_link)
        -- With "offset 0" each source is looked up, rather than all incidents read.
        and (select count(*) from source where exists (select from incident where incident.source_id = source.id offset 0)) < 2
    then
        return 0;
    end if;
    select rule.metres, make_interval(secs => rule.hours * 3600) into strict max_metres, max_interval from duplicate_rule as rule;
    pending := array(
        select case when pair.other_is_earlier then pair.id else pair.other_id end
        from duplicate_candidates(new_ids || changed_ids, max_metres, max_interval) as pair
        union
        select incident_id from incident_link where incident_id = any(changed_ids)
        union
        select incident_id from incident_link where duplicate_of_id = any(changed_ids)
    );
    -- Each pass may add others, always later ones: it comes to an end.
    while cardinality(pending) > 0 loop
        with judged as (
            select distinct on (requested.id) requested.id, earlier.other_id as duplicate_of_id, known.duplicate_of_id as before_id
            from unnest(pending) as requested (id)
            left join incident_link as known on known.incident_id = requested.id
            left join duplicate_candidates(pending, max_metres, max_interval) as earlier on
                earlier.id = requested.id
                and earlier.other_is_earlier
                and (select link.duplicate_of_id from incident_link as link where link.incident_id = earlier.other_id) is null
            order by requested.id, earlier.received_at, earlier.source collate "C", earlier.external_id collate "C"
        ),

        written as (
            insert into incident_link (incident_id, duplicate_of_id)
            select judged.id, judged.duplicate_of_id from judged
            where judged.duplicate_of_id is distinct from judged.before_id
            on conflict (incident_id) do update set duplicate_of_id = excluded.duplicate_of_id
        )

        select
            coalesce(array_agg(judged.id) filter (where judged.before_id is null and judged.duplicate_of_id is not null), '{}'),
            coalesce(array_agg(judged.id) filter (where judged.before_id is not null and judged.duplicate_of_id is null), '{}')
        into linked, unlinked
        from judged;
        link_count := link_count + cardinality(linked) - cardinality(unlinked);
        pending := array(
            select incident_id from incident_link where duplicate_of_id = any(linked)
            union
            select pair.other_id from duplicate_candidates(unlinked, max_metres, max_interval) as pair where not pair.other_is_earlier
        );
    end loop;
    return link_count;
end
$$;

-- Duplicates of deleted incidents are compared again.
create or replace function unlink_deleted_incidents() returns trigger
language plpgsql as $$
declare
    orphan_ids bigint[];
begin
    if not exists (select from deleted_rows) then
        return null;
    end if;
    -- Before reading, so that whoever is linking something to one of these at this moment has committed.
    perform pg_advisory_xact_lock(${lock.duplicates});
    delete from incident_link using deleted_rows where incident_link.incident_id = deleted_rows.id;
    orphan_ids := array(select incident_id from incident_link inner join deleted_rows on deleted_rows.id = incident_link.duplicate_of_id);
    if cardinality(orphan_ids) > 0 then
        perform link_duplicates('{}', orphan_ids);
    end if;
    return null;
end
$$;

create or replace trigger incident_unlink
after delete on incident
referencing old table as deleted_rows
for each statement execute function unlink_deleted_incidents();

create or replace function unlink_all_incidents() returns trigger
language plpgsql as $$
begin
    truncate incident_link;
    return null;
end
$$;

create or replace trigger incident_unlink_all
after truncate on incident
for each statement execute function unlink_all_incidents();
