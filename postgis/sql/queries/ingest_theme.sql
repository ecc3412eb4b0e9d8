-- Themes of messages.
-- Gives the ids of all given codes; writes only what is new or described otherwise.
with given as (
    select distinct on (code) code, sector_id, name_ru, name_en
    from unnest($1::text[], $2::smallint[], $3::text[], $4::text[]) as given (code, sector_id, name_ru, name_en)
    order by code
),

due as (
    select given.*
    from given
    left join theme as known on known.code = given.code
    where known.id is null or (known.sector_id, known.name_ru, known.name_en) is distinct from (given.sector_id, given.name_ru, given.name_en)
),

written as (
    insert into theme (code, sector_id, name_ru, name_en)
    select code, sector_id, name_ru, name_en
    from due
    order by code
    on conflict (code) do update set
        sector_id = excluded.sector_id,
        name_ru = excluded.name_ru,
        name_en = excluded.name_en
    returning code, id
)

select code, id from written
union all
select known.code, known.id
from theme as known
where known.code in (select code from given) and known.code not in (select code from due)
