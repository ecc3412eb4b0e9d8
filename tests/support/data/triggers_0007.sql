-- Functions and triggers of a database at revision 0007, as the program of that time installed them: for tests/integration/test_migrations.py.

-- The bell: tells listening replicas at commit that there is something to read. It carries no data;
-- a lost one costs a second, because replicas also look by themselves.
create or replace function ring() returns trigger
language plpgsql as $$
begin
    perform pg_notify(tg_argv[0], '');
    return null;
end
$$;

create or replace trigger incident_bell
after insert or update or delete or truncate on incident
for each statement execute function ring('incident_changed');

create or replace trigger sector_bell
after insert or update or delete or truncate on sector
for each statement execute function ring('catalogue_changed');

create or replace trigger theme_bell
after insert or update or delete or truncate on theme
for each statement execute function ring('catalogue_changed');

create or replace trigger agency_bell
after insert or update or delete or truncate on agency
for each statement execute function ring('catalogue_changed');

create or replace trigger source_bell
after insert or update or delete or truncate on source
for each statement execute function ring('catalogue_changed');

create or replace trigger district_bell
after insert or update or delete or truncate on district
for each statement execute function ring('catalogue_changed');

-- Shapes change together with this row.
create or replace trigger boundary_bell
after insert or update or delete or truncate on boundary_state
for each statement execute function ring('catalogue_changed');

-- A deleted incident leaves a tombstone, so that a replica learns of the deletion as it does of a change.
create or replace function incident_bury() returns trigger
language plpgsql as $$
begin
    insert into incident_tombstone (id, xid)
    select id, pg_current_xact_id() from buried;
    return null;
end
$$;

create or replace trigger incident_bury
after delete on incident
referencing old table as buried
for each statement execute function incident_bury();

-- TRUNCATE fires no DELETE trigger and shows no rows: bury all of them before they are gone.
create or replace function incident_bury_all() returns trigger
language plpgsql as $$
begin
    insert into incident_tombstone (id, xid)
    select id, pg_current_xact_id() from incident;
    return null;
end
$$;

create or replace trigger incident_bury_all
before truncate on incident
for each statement execute function incident_bury_all();

-- Every written incident carries the transaction that wrote it: replicas follow by this number.
create or replace function incident_stamp() returns trigger
language plpgsql as $$
begin
    new.xid := pg_current_xact_id();
    return new;
end
$$;

create or replace trigger incident_stamp
before insert or update on incident
for each row execute function incident_stamp();

-- Near-duplicates. In the order of receipt (then the source's code, then the id in the source), an incident is a
-- duplicate of the earliest one before it that is itself no duplicate, has the same theme and another source, and lies
-- and was received no further away than `near_rule` says; where there is none, it is the first of a group of its own.
-- This depends on the incidents alone, not on the order in which they came to be known. Only places that are known
-- to the house (location_quality 0 and 1) are compared.

-- Pairs of the given incidents with those that are near them, earlier or later. Each given incident is found by its key,
-- and those around it by `incident_near_idx`: subqueries with "offset 0" are carried out as they are written, whatever the
-- statistics of a growing table say.
create or replace function near_pairs(asked bigint[], metres float8, span interval)
returns table (id bigint, other bigint, other_is_earlier boolean, received_at timestamptz, source text, external_id text)
language sql stable rows 100
set enable_seqscan = off set enable_bitmapscan = off set enable_memoize = off set jit = off
as $$
    select one.id, other.id, place.earlier, other.received_at, other_source.code, other.external_id
    from unnest(asked) as given (id)
    cross join lateral (
        select
            incident.*,
            st_x(incident.location) as lng,
            st_y(incident.location) as lat,
            -- A degree of latitude is longer than 110 km, one of longitude longer than 111 km times the cosine of the latitude.
            metres / 110000 as up,
            metres / (111000 * cos(radians(least(abs(st_y(incident.location)) + metres / 110000, 85.02)))) as aside
        from incident
        where incident.id = given.id and incident.location_quality <= 1
        offset 0
    ) as one
    -- The grid of the index: hundredths of a degree, and beyond 85° rings around the pole.
    cross join lateral (
        select y, case when y between -8500 and 8499 then mod(step + 54000, 36000) else 0 end as x
        from generate_series(floor((one.lat - one.up) * 100)::int, floor((one.lat + one.up) * 100)::int) as y
        cross join lateral generate_series(
            case when y between -8500 and 8499 then floor((one.lng - one.aside) * 100)::int else 0 end,
            case when y between -8500 and 8499 then floor((one.lng + one.aside) * 100)::int else 0 end
        ) as step
        offset 0
    ) as field
    cross join lateral (
        select incident.id, incident.location, incident.received_at, incident.source_id, incident.external_id
        from incident
        where
            incident.theme_id = one.theme_id
            and floor(st_y(incident.location) * 100)::int = field.y
            and case
                when floor(st_y(incident.location) * 100)::int between -8500 and 8499 then mod(floor(st_x(incident.location) * 100)::int + 18000, 36000)
                else 0
            end = field.x
            and incident.received_at between one.received_at - span and one.received_at + span
            and incident.location_quality <= 1
            and incident.source_id <> one.source_id
        offset 0
    ) as other
    inner join source as own_source on own_source.id = one.source_id
    inner join source as other_source on other_source.id = other.source_id
    cross join lateral (
        select (other.received_at, other_source.code collate "C") < (one.received_at, own_source.code collate "C") as earlier
    ) as place
    -- From the earlier to the later one, so that both find the same distance.
    where case
        when place.earlier then st_distance(other.location::geography, one.location::geography)
        else st_distance(one.location::geography, other.location::geography)
    end <= metres
$$;

-- Links what was written, and whatever that bears on: fresh are new incidents, changed those that were known. The last
-- that a transaction does to incidents: from here to its end it is alone. How many were linked, less those unlinked.
create or replace function link_near(fresh bigint[], changed bigint[])
returns bigint
language plpgsql
set enable_hashjoin = on set enable_seqscan = off set jit = off
as $$
declare
    made bigint := 0;
    doubtful bigint[];
    bound bigint[];
    freed bigint[];
    metres float8;
    span interval;
begin
    -- "geo" and 2. Whoever comes after sees what was committed by whoever went before.
    perform pg_advisory_xact_lock(x'67656F'::bigint + 2);
    if
        not exists (select from incident_link)
        and (select count(*) from source where exists (select from incident where incident.source_id = source.id)) < 2
    then
        return 0;
    end if;
    select rule.metres, make_interval(secs => rule.hours * 3600) into strict metres, span from near_rule as rule;
    doubtful := array(
        select case when pair.other_is_earlier then pair.id else pair.other end from near_pairs(fresh || changed, metres, span) as pair
        union
        select incident_id from incident_link where incident_id = any(changed)
        union
        select incident_id from incident_link where first_id = any(changed)
    );
    -- Each turn may make others doubtful, always later ones: it comes to an end.
    while cardinality(doubtful) > 0 loop
        with judged as (
            select distinct on (given.id) given.id, earlier.other as first_id, known.first_id as first_before
            from unnest(doubtful) as given (id)
            left join incident_link as known on known.incident_id = given.id
            left join near_pairs(doubtful, metres, span) as earlier on
                earlier.id = given.id
                and earlier.other_is_earlier
                and not exists (select from incident_link as link where link.incident_id = earlier.other and link.first_id is not null)
            order by given.id, earlier.received_at, earlier.source collate "C", earlier.external_id collate "C"
        ),

        written as (
            insert into incident_link (incident_id, first_id)
            select judged.id, judged.first_id from judged
            where judged.first_id is distinct from judged.first_before
            on conflict (incident_id) do update set first_id = excluded.first_id
        )

        select
            coalesce(array_agg(judged.id) filter (where judged.first_before is null and judged.first_id is not null), '{}'),
            coalesce(array_agg(judged.id) filter (where judged.first_before is not null and judged.first_id is null), '{}')
        into bound, freed
        from judged;
        made := made + cardinality(bound) - cardinality(freed);
        doubtful := array(
            select incident_id from incident_link where first_id = any(bound)
            union
            select pair.other from near_pairs(freed, metres, span) as pair where not pair.other_is_earlier
        );
    end loop;
    return made;
end
$$;

-- Who was a duplicate of a deleted incident is looked at anew.
create or replace function incident_unlink() returns trigger
language plpgsql as $$
declare
    left_alone bigint[];
begin
    if not exists (select from buried) then
        return null;
    end if;
    -- Before looking, so that whoever is linking something to one of these meanwhile has done so.
    perform pg_advisory_xact_lock(x'67656F'::bigint + 2);
    delete from incident_link using buried where incident_link.incident_id = buried.id;
    left_alone := array(select incident_id from incident_link inner join buried on buried.id = incident_link.first_id);
    if cardinality(left_alone) > 0 then
        perform link_near('{}', left_alone);
    end if;
    return null;
end
$$;

create or replace trigger incident_unlink
after delete on incident
referencing old table as buried
for each statement execute function incident_unlink();

create or replace function incident_unlink_all() returns trigger
language plpgsql as $$
begin
    truncate incident_link;
    return null;
end
$$;

create or replace trigger incident_unlink_all
after truncate on incident
for each statement execute function incident_unlink_all();

create or replace trigger incident_link_stamp
before insert or update on incident_link
for each row execute function incident_stamp();

create or replace trigger incident_link_bell
after insert or update on incident_link
for each statement execute function ring('incident_changed');

