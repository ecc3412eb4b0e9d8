-- The catalogue of themes, agencies and sources: aliases, limits of new entries, and changes by an operator.

-- name: lock_for_share
-- Locks the catalogue for writing incidents, to the end of the transaction: no entry is merged, renamed or deleted meanwhile.
select revision from catalogue_state where id = 1 for share

-- name: get_revisions
-- How often boundaries and the catalogue have changed: the keys of what a writer has cached of them.
select
    coalesce((select revision from boundary_state), 0) as boundaries,
    coalesce((select revision from catalogue_state), 0) as catalogue

-- name: read_aliases
-- All aliases with their entries.
select 'theme' as kind, alias.code as alias, theme.code, sector.code as sector, theme.name_ru, theme.name_en
from theme_alias as alias
inner join theme on theme.id = alias.theme_id
inner join sector on sector.id = theme.sector_id
union all
select 'agency', alias.code, agency.code, '', agency.name, agency.name
from agency_alias as alias
inner join agency on agency.id = alias.agency_id
union all
select 'source', alias.code, source.code, '', source.name_ru, source.name_en
from source_alias as alias
inner join source on source.id = alias.source_id

-- name: find_new_codes
-- Which of the codes of themes ($1), agencies ($2) and sources ($3) are neither those of an entry nor aliases.
select 'theme' as kind, delivered.code from unnest($1::text[]) as delivered (code)
where not exists (select from theme where code = delivered.code) and not exists (select from theme_alias where code = delivered.code)
union all
select 'agency', delivered.code from unnest($2::text[]) as delivered (code)
where not exists (select from agency where code = delivered.code) and not exists (select from agency_alias where code = delivered.code)
union all
select 'source', delivered.code from unnest($3::text[]) as delivered (code)
where not exists (select from source where code = delivered.code) and not exists (select from source_alias where code = delivered.code)

-- name: lock_new_entry_count
-- How many entries the key $1 has added today (UTC). Others who add with this key wait until the transaction ends.
insert into new_entry_count as known (key_id, day, entries)
values ($1, (now() at time zone 'UTC')::date, 0)
on conflict (key_id, day) do update set entries = known.entries
returning entries

-- name: count_new_entries
-- Adds $2 to what the key $1 has added today (UTC); counts of earlier days are deleted.
with earlier as (delete from new_entry_count where key_id = $1 and day < (now() at time zone 'UTC')::date)

update new_entry_count set entries = entries + $2
where key_id = $1 and day = (now() at time zone 'UTC')::date
