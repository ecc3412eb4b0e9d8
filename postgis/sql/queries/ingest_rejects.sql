-- Rows that a run was the last to meet and could not use, unless they are forgotten, in the order of the input: $1 the run, $2 and $3 behind this line
-- and id, $4 without these reasons, $5 at most so many.
select id, line, reason, detail, row_text
from reject
where run_id = $1 and (line, id) > ($2::bigint, $3::bigint) and reason <> all($4::text[]) and row_text <> ''
order by line, id
limit $5
