-- The aliases of districts: $1 codes, one for each alias of $2.
insert into district_alias (district_id, alias)
select district.id, fresh.alias
from unnest($1::text[], $2::text[]) as fresh (code, alias)
inner join district on district.code = fresh.code
on conflict do nothing
