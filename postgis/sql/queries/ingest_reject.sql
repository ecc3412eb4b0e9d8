-- Keeps rejected rows; one that was kept before belongs to the run that met it last.
insert into reject (run_id, input, line, reason, detail, row_text, digest)
select distinct on (given.line, given.reason, given.row_text)
    $1,
    $2,
    given.line,
    given.reason,
    given.detail,
    given.row_text,
    sha256(convert_to(given.row_text, 'UTF8'))
from unnest($3::bigint[], $4::text[], $5::text[], $6::text[]) as given (line, reason, detail, row_text)
-- The same order in every transaction, so that two runs never wait for each other in a circle.
order by given.line, given.reason, given.row_text
on conflict (input, line, reason, digest) do update set run_id = excluded.run_id, detail = excluded.detail
