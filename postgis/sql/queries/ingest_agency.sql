-- Agencies that answer messages.
-- Gives the ids of all given codes; writes only what is new or described otherwise.
with given as (
    select distinct on (code) code, name
    from unnest($1::text[], $2::text[]) as given (code, name)
    order by code
),

due as (
    select given.*
    from given
    left join agency as known on known.code = given.code
    where known.id is null or known.name is distinct from given.name
),

written as (
    insert into agency (code, name)
    select code, name
    from due
    order by code
    on conflict (code) do update set
        name = excluded.name
    returning code, id
)

select code, id from written
union all
select known.code, known.id
from agency as known
where known.code in (select code from given) and known.code not in (select code from due)
