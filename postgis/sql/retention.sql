-- Erasing personal text and addresses.

-- name: count_erasable
-- How much there is to erase of incidents received, rows rejected and responses stored before $1: $2 text, $3 address.
select
    count(*) filter (where $2 and message <> '') as texts,
    count(*) filter (where $3 and address <> '') as addresses,
    count(*) filter (where ($2 and message <> '') or ($3 and address <> '')) as incidents,
    (
        select count(*) from reject
        inner join ingest_run on ingest_run.id = reject.run_id
        where ingest_run.started_at < $1 and reject.row_text <> ''
    ) as rejects
from incident
where received_at < $1

-- name: list_addresses
-- Addresses of incidents received before $1: $2 after this id, $3 at most so many.
select id, address from incident
where received_at < $1 and id > $2 and address <> ''
order by id
limit $3

-- name: count_responses
-- How many responses to requests with an Idempotency-Key were stored before $1.
select count(*) from (select key from idempotency_key where created_at < $1 union select key from idempotency_response where created_at < $1) as old

-- name: find_cached_keys
-- Which of the keys $1 are in the geocoding cache.
select key from geocode_cache where key = any($1::text[])

-- name: count_old_cache
-- How many cached addresses were fetched before $1 and are none of $2.
select count(*) from geocode_cache where fetched_at < $1 and key <> all($2::text[])

-- name: record_rule
-- From now on these fields ($1: text, address) are erased from incidents received before $2, also when they are delivered again.
insert into retention as known (field, before)
select field, $2::timestamptz from unnest($1::text[]) as field
on conflict (field) do update set before = greatest(known.before, excluded.before)

-- name: erase_incidents
-- Erases fields of incidents received before $1: $2 the text, $3 the address, $4 after this id, $5 at most so many.
-- Returns what they were. Rows that another transaction is writing are left out: what is written now is written without them.
with page as (
    select id, message, address from incident
    where received_at < $1 and id > $4 and (($2 and message <> '') or ($3 and address <> ''))
    order by id
    limit $5
    for update skip locked
),

cleared as (
    update incident set
        message = case when $2 then '' else incident.message end,
        address = case when $3 then '' else incident.address end
    from page
    where incident.id = page.id
)

select id, $2 and message <> '' as had_text, $3 and address <> '' as had_address, case when $3 then address else '' end as address
from page
order by id

-- name: erase_queue_entries
-- Erases what the geocoding queue has of the text of incidents $1: entries without any text are deleted, others get a new digest.
with wordless as (
    delete from geocode_queue using incident
    where geocode_queue.incident_id = any($1::bigint[]) and incident.id = geocode_queue.incident_id
    and incident.address = '' and incident.message = ''
)

update geocode_queue set text_digest = md5(incident.address || e'\n' || incident.message), candidates = '[]'
from incident
where geocode_queue.incident_id = any($1::bigint[]) and incident.id = geocode_queue.incident_id
and (incident.address <> '' or incident.message <> '')

-- name: erase_sent_media
-- Deletes the addresses of photographs of incidents received before $1.
delete from incident_media using incident
where incident.id = incident_media.incident_id and incident.received_at < $1

-- name: erase_sent_updates
-- Erases texts and photographs that were sent about incidents received before $1. The changes of status stay.
update status_change set message = '', media_urls = '{}'
from incident
where
    incident.id = status_change.incident_id and incident.received_at < $1
    and (status_change.message <> '' or status_change.media_urls <> '{}')

-- name: erase_cache
-- Deletes cached addresses: $1 keys, and all fetched before $2 (null: none). Returns how many.
with deleted as (
    delete from geocode_cache where key = any($1::text[]) or fetched_at < $2::timestamptz
    returning key
)

select count(*) from deleted

-- name: erase_rejects
-- Erases the text of rejected rows whose last run began before $1, and their digests, which could be guessed: $2 at most so
-- many. Returns how many. Their reasons and lines stay.
with page as (
    select reject.id from reject
    inner join ingest_run on ingest_run.id = reject.run_id
    where ingest_run.started_at < $1 and reject.row_text <> ''
    order by reject.id
    limit $2
    for update of reject skip locked
),

cleared as (
    update reject set row_text = '', detail = '', digest = sha256(convert_to('forgotten ' || reject.id, 'UTF8'))
    from page
    where reject.id = page.id
    returning reject.id
)

select count(*) from cleared

-- name: erase_responses
-- Deletes responses to requests with an Idempotency-Key that were stored before $1. Returns how many.
with keys as (delete from idempotency_key where created_at < $1 returning key),

parts as (delete from idempotency_response where created_at < $1 returning key)

select count(*) from (select key from keys union select key from parts) as deleted

-- name: count_runs
-- How many runs began before $1 and have ended.
select count(*) from ingest_run
where started_at < $1 and state <> 'running'

-- name: delete_runs
-- Deletes runs that began before $1 and have ended, with their rejected rows: $2 at most so many. Returns how many.
with page as (
    select id from ingest_run
    where started_at < $1 and state <> 'running'
    order by id
    limit $2
    for update skip locked
),

rejects as (delete from reject using page where reject.run_id = page.id),

deleted as (
    delete from ingest_run using page where ingest_run.id = page.id
    returning ingest_run.id
)

select count(*) from deleted
