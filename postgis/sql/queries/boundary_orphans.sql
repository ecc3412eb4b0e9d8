-- Districts get the parents that were found for them: $1 codes, $2 the parents' codes.
update district set parent_id = parent.id
from unnest($1::text[], $2::text[]) as found (code, parent)
inner join district as parent on parent.code = found.parent
where district.code = found.code
