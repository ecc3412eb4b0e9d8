-- The newest day on which each kind of episode was planted: ids are a letter, the day, a hyphen and a number.
select left(external_id, 1) as letter, max(split_part(substr(external_id, 2), '-', 1)::int) as anchor
from incident
where source_id = any($1::smallint[]) and external_id ~ '^[a-ce-km-z][0-9]+-'
group by 1
