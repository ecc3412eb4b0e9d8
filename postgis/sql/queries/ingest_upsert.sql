-- Writes the staged incidents and counts what became of them. No two staged rows have the same identity.
-- An older row never overwrites a newer one; among equally new ones the delivered one wins; an identical one is
-- not written at all: no new row version, no number from the identity sequence, nothing for replicas to read.
with judged as (
    select
        staged.source_id,
        staged.external_id,
        fresh.*,
        known.id is null as is_new,
        known.updated_at > fresh.updated_at as is_stale,
        known.id is null or (
            known.updated_at <= fresh.updated_at
            and (
                known.location, known.cell, known.address, known.location_quality, known.theme_id, known.agency_id,
                known.status, known.received_at, known.due_at, known.answered_at, known.closed_at, known.updated_at,
                known.district_id, known.district_near
            ) is distinct from (
                fresh.location, fresh.cell, fresh.address, fresh.location_quality, fresh.theme_id, fresh.agency_id,
                fresh.status, fresh.received_at, fresh.due_at, fresh.answered_at, fresh.closed_at, fresh.updated_at,
                fresh.district_id, fresh.district_near
            )
        ) as is_due
    from incident_stage as staged
    cross join lateral (
        select
            case when staged.cell <> 0 then staged.location end as location,
            nullif(staged.cell, 0) as cell,
            staged.address,
            staged.location_quality,
            staged.theme_id,
            nullif(staged.agency_id, 0) as agency_id,
            staged.status,
            staged.received_at,
            nullif(staged.due_at, 'epoch') as due_at,
            nullif(staged.answered_at, 'epoch') as answered_at,
            nullif(staged.closed_at, 'epoch') as closed_at,
            staged.updated_at,
            nullif(staged.district_id, 0) as district_id,
            staged.district_near
    ) as fresh
    left join incident as known on known.source_id = staged.source_id and known.external_id = staged.external_id
),

written as (
    insert into incident as known (
        source_id, external_id, location, cell, address, location_quality, theme_id, agency_id,
        status, received_at, due_at, answered_at, closed_at, updated_at, district_id, district_near
    )
    select
        source_id, external_id, location, cell, address, location_quality, theme_id, agency_id,
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
        location_quality = excluded.location_quality,
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
        known.location, known.cell, known.address, known.location_quality, known.theme_id, known.agency_id,
        known.status, known.received_at, known.due_at, known.answered_at, known.closed_at, known.updated_at,
        known.district_id, known.district_near
    ) is distinct from (
        excluded.location, excluded.cell, excluded.address, excluded.location_quality, excluded.theme_id, excluded.agency_id,
        excluded.status, excluded.received_at, excluded.due_at, excluded.answered_at, excluded.closed_at, excluded.updated_at,
        excluded.district_id, excluded.district_near
    )
    -- A row version that replaced none has no deleting transaction.
    returning xmax = 0 as is_new
)

select
    (select count(*) from written where is_new) as new,
    (select count(*) from written where not is_new) as changed,
    (select count(*) from judged where is_stale) as stale
