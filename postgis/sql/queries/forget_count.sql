-- What there is to forget of incidents received, rejects met and answers given before $1: $2 text, $3 address.
select
    count(*) filter (where $2 and message <> '') as texts,
    count(*) filter (where $3 and address <> '') as addresses,
    count(*) filter (where ($2 and message <> '') or ($3 and address <> '')) as incidents,
    (
        select count(*) from reject
        inner join ingest_run on ingest_run.id = reject.run_id
        where ingest_run.started_at < $1 and reject.row_text <> ''
    ) as rejects
from incident
where received_at < $1
