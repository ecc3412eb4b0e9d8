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

-- name: lock_for_update
-- Locks the catalogue for a change of its entries, to the end of the transaction: no batch of incidents is written meanwhile.
select revision from catalogue_state where id = 1 for update

-- name: bump_revision
-- Marks the entries as changed: whoever caches their ids reads them again.
update catalogue_state set revision = revision + 1 where id = 1

-- name: list_entries
-- All entries of the kind $1 (theme, agency or source) with the number of their incidents and the first and last receipt.
select
    entry.id,
    entry.code,
    entry.name_ru,
    entry.name_en,
    entry.sector,
    entry.renamed,
    entry.synthetic,
    entry.attribution,
    entry.aliases,
    coalesce(used.incidents, 0) as incidents,
    used.first_received_at,
    used.last_received_at
from (
    select
        theme.id, theme.code, theme.name_ru, theme.name_en, sector.code as sector, theme.renamed, false as synthetic, '' as attribution,
        array(select code from theme_alias where theme_id = theme.id order by code) as aliases
    from theme
    inner join sector on sector.id = theme.sector_id
    where $1 = 'theme'
    union all
    select id, code, name, name, '', renamed, false, '', array(select code from agency_alias where agency_id = agency.id order by code)
    from agency
    where $1 = 'agency'
    union all
    select
        id, code, name_ru, name_en, '', renamed, synthetic, attribution,
        array(select code from source_alias where source_id = source.id order by code)
    from source
    where $1 = 'source'
) as entry
left join (
    select
        case $1 when 'theme' then theme_id when 'agency' then agency_id else source_id end as id,
        count(*) as incidents,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at
    from incident
    group by 1
) as used on used.id = entry.id
order by entry.code collate "C"

-- name: find_shared_ids
-- Ids that incidents of several of the sources $1 have: how many, and the first of them.
select count(*) as shared, coalesce((array_agg(external_id order by external_id collate "C"))[:3], '{}') as examples
from (select external_id from incident where source_id = any($1::smallint[]) group by external_id having count(*) > 1) as repeated

-- name: move_themes
-- Gives the incidents of the themes $1 the theme $2. Returns the incidents' ids.
with moved as (update incident set theme_id = $2 where theme_id = any($1::int[]) returning id)

select coalesce(array_agg(id order by id), '{}') from moved

-- name: move_agencies
-- Gives the incidents of the agencies $1 the agency $2. Returns the incidents' ids.
with moved as (update incident set agency_id = $2 where agency_id = any($1::int[]) returning id)

select coalesce(array_agg(id order by id), '{}') from moved

-- name: move_sources
-- Gives the incidents of the sources $1 the source $2, which gets their geocoders as well. Returns the incidents' ids.
with geocoders as (
    update source set geocoded_by = array(
        select distinct step from source as known cross join lateral unnest(known.geocoded_by) as step
        where known.id = $2 or known.id = any($1::smallint[])
        order by step
    )
    where id = $2
),

moved as (update incident set source_id = $2 where source_id = any($1::smallint[]) returning id)

select coalesce(array_agg(id order by id), '{}') from moved

-- name: redirect_themes
-- Makes the codes and the aliases of the themes $1 aliases of the theme $2.
with moved as (update theme_alias set theme_id = $2 where theme_id = any($1::int[]))

insert into theme_alias (code, theme_id) select code, $2 from theme where id = any($1::int[])

-- name: redirect_agencies
-- Makes the codes and the aliases of the agencies $1 aliases of the agency $2.
with moved as (update agency_alias set agency_id = $2 where agency_id = any($1::int[]))

insert into agency_alias (code, agency_id) select code, $2 from agency where id = any($1::int[])

-- name: redirect_sources
-- Makes the codes and the aliases of the sources $1 aliases of the source $2.
with moved as (update source_alias set source_id = $2 where source_id = any($1::smallint[]))

insert into source_alias (code, source_id) select code, $2 from source where id = any($1::smallint[])

-- name: delete_themes
-- Deletes the themes $1 with their aliases.
delete from theme where id = any($1::int[])

-- name: delete_agencies
-- Deletes the agencies $1 with their aliases.
delete from agency where id = any($1::int[])

-- name: delete_sources
-- Deletes the sources $1 with their aliases.
delete from source where id = any($1::smallint[])

-- name: rename_theme
-- Renames the theme $1: its code becomes $2, its names $3 and $4. Another former code becomes an alias.
with former as (
    insert into theme_alias (code, theme_id) select code, id from theme where id = $1 and code <> $2
),

own as (delete from theme_alias where code = $2 and theme_id = $1)

update theme set code = $2, name_ru = $3, name_en = $4, renamed = true where id = $1

-- name: rename_agency
-- Renames the agency $1: its code becomes $2, its name $3. Another former code becomes an alias.
with former as (
    insert into agency_alias (code, agency_id) select code, id from agency where id = $1 and code <> $2
),

own as (delete from agency_alias where code = $2 and agency_id = $1)

update agency set code = $2, name = $3, renamed = true where id = $1

-- name: rename_source
-- Renames the source $1: its code becomes $2, its names $3 and $4. Another former code becomes an alias.
with former as (
    insert into source_alias (code, source_id) select code, id from source where id = $1 and code <> $2
),

own as (delete from source_alias where code = $2 and source_id = $1)

update source set code = $2, name_ru = $3, name_en = $4, renamed = true where id = $1

-- name: list_source_incidents
-- Ids of the incidents of the source $1.
select coalesce(array_agg(id order by id), '{}') from incident where source_id = $1

-- name: lock_sources
-- Locks the table of sources, to the end of the transaction: nobody else adds any.
lock table source in share row exclusive mode

-- name: free_source_numbers
-- Gives the numbers beyond the greatest one in use to new sources again.
select setval(pg_get_serial_sequence('source', 'id'), greatest(max(id), 1), max(id) is not null) from source
