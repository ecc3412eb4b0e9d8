-- Sources of messages.
-- Gives the ids of all given codes; writes only what is new or described otherwise.
with given as (
    select distinct on (code) code, name_ru, name_en, attribution, synthetic
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[]) as given (code, name_ru, name_en, attribution, synthetic)
    order by code
),

due as (
    select given.*
    from given
    left join source as known on known.code = given.code
    where known.id is null or (known.name_ru, known.name_en, known.attribution, known.synthetic) is distinct from (given.name_ru, given.name_en, given.attribution, given.synthetic)
),

written as (
    insert into source (code, name_ru, name_en, attribution, synthetic)
    select code, name_ru, name_en, attribution, synthetic
    from due
    order by code
    on conflict (code) do update set
        name_ru = excluded.name_ru,
        name_en = excluded.name_en,
        attribution = excluded.attribution,
        synthetic = excluded.synthetic
    returning code, id
)

select code, id from written
union all
select known.code, known.id
from source as known
where known.code in (select code from given) and known.code not in (select code from due)
