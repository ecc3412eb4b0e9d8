-- Writes the staged incidents and counts what became of them. No two staged rows have the same identity.
-- An older row never overwrites a newer one; among equally new ones the delivered one wins; an identical one is
-- not written at all: no new row version, no number from the identity sequence, nothing for replicas to read.
-- $1: whether to tell of each row what it was judged by, and of each written one what became of it, with their ids.
with judged as (
    select
        staged.source_id,
        staged.external_id,
        fresh.*,
        known.id as known_id,
        known.id is null as is_new,
        known.updated_at > fresh.updated_at as is_stale,
        known.id is null or (
            known.updated_at <= fresh.updated_at
            and (
                known.location, known.cell, known.address, known.message, known.location_quality, known.confidence, known.placed_by,
                known.theme_id, known.agency_id,
                known.status, known.received_at, known.due_at, known.answered_at, known.closed_at, known.updated_at,
                known.district_id, known.district_near
            ) is distinct from (
                fresh.location, fresh.cell, fresh.address, fresh.message, fresh.location_quality, fresh.confidence, fresh.placed_by,
                fresh.theme_id, fresh.agency_id,
                fresh.status, fresh.received_at, fresh.due_at, fresh.answered_at, fresh.closed_at, fresh.updated_at,
                fresh.district_id, fresh.district_near
            )
        ) as is_due
    from incident_stage as given
    -- Words that are not to be kept any more do not come back when they are delivered again.
    cross join (
        select max(before) filter (where what = 'text') as text_before, max(before) filter (where what = 'address') as address_before
        from retention
    ) as forgotten
    cross join lateral (
        select
            given.*,
            case when given.received_at < forgotten.address_before then '' else given.address end as kept_address,
            case when given.received_at < forgotten.text_before then '' else given.message end as kept_message
    ) as staged
    left join incident as known on known.source_id = staged.source_id and known.external_id = staged.external_id
    -- What geocoding has found (3 and above) stays while the words are the same, unless something finer is given.
    cross join lateral (
        select coalesce(
            known.placed_by >= 3
            and staged.placed_by not in (1, 2)
            and known.location_quality <= staged.location_quality
            and known.address = staged.kept_address
            and known.message = staged.kept_message,
            false
        ) as stays
    ) as place
    cross join lateral (
        select
            case when place.stays then known.location when staged.cell <> 0 then staged.location end as location,
            case when place.stays then known.cell else nullif(staged.cell, 0) end as cell,
            staged.kept_address as address,
            staged.kept_message as message,
            case when place.stays then known.location_quality else staged.location_quality end as location_quality,
            case when place.stays then known.confidence else nullif(staged.confidence, 'NaN') end as confidence,
            case when place.stays then known.placed_by else nullif(staged.placed_by, 0) end as placed_by,
            staged.theme_id,
            nullif(staged.agency_id, 0) as agency_id,
            staged.status,
            staged.received_at,
            nullif(staged.due_at, 'epoch') as due_at,
            nullif(staged.answered_at, 'epoch') as answered_at,
            nullif(staged.closed_at, 'epoch') as closed_at,
            staged.updated_at,
            case when place.stays then known.district_id else nullif(staged.district_id, 0) end as district_id,
            case when place.stays then known.district_near else staged.district_near end as district_near
    ) as fresh
),

written as (
    insert into incident as known (
        source_id, external_id, location, cell, address, message, location_quality, confidence, placed_by, theme_id, agency_id,
        status, received_at, due_at, answered_at, closed_at, updated_at, district_id, district_near
    )
    select
        source_id, external_id, location, cell, address, message, location_quality, confidence, placed_by, theme_id, agency_id,
        status, received_at, due_at, answered_at, closed_at, updated_at, district_id, district_near
    from judged
    where is_due
    -- The same order in every transaction: two ingests of the same rows wait for each other, and never in a circle.
    order by source_id, external_id collate "C"
    -- Another transaction may have written since `judged` looked: the rules are held once more against its row.
    on conflict (source_id, external_id) do update set
        location = excluded.location,
        cell = excluded.cell,
        address = excluded.address,
        message = excluded.message,
        location_quality = excluded.location_quality,
        confidence = excluded.confidence,
        placed_by = excluded.placed_by,
        theme_id = excluded.theme_id,
        agency_id = excluded.agency_id,
        status = excluded.status,
        received_at = excluded.received_at,
        due_at = excluded.due_at,
        answered_at = excluded.answered_at,
        closed_at = excluded.closed_at,
        updated_at = excluded.updated_at,
        district_id = excluded.district_id,
        district_near = excluded.district_near
    where known.updated_at <= excluded.updated_at
    and (
        known.location, known.cell, known.address, known.message, known.location_quality, known.confidence, known.placed_by,
        known.theme_id, known.agency_id,
        known.status, known.received_at, known.due_at, known.answered_at, known.closed_at, known.updated_at,
        known.district_id, known.district_near
    ) is distinct from (
        excluded.location, excluded.cell, excluded.address, excluded.message, excluded.location_quality, excluded.confidence, excluded.placed_by,
        excluded.theme_id, excluded.agency_id,
        excluded.status, excluded.received_at, excluded.due_at, excluded.answered_at, excluded.closed_at, excluded.updated_at,
        excluded.district_id, excluded.district_near
    )
    -- A row version that replaced none has no deleting transaction.
    returning id, source_id, external_id, xmax = 0 as is_new
)

select
    (select count(*) from written where is_new) as new,
    (select count(*) from written where not is_new) as changed,
    (select count(*) from judged where is_stale) as stale,
    (select coalesce(array_agg(id), '{}') from written where is_new) as new_ids,
    (select coalesce(array_agg(id), '{}') from written where not is_new) as changed_ids,
    -- Not joined here: hash joins are off, and for a nested loop these are too many.
    case when $1 then (select array_agg((source_id, external_id, known_id, is_stale)) from judged) end as judged,
    case when $1 then (select array_agg((source_id, external_id, id, is_new)) from written) end as written
