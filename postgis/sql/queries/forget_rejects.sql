-- Takes the rows from rejects that a run before $1 was the last to meet, and their digests, which could be tried out:
-- $2 at most so many. Gives how many. Their reasons and lines stay.
with page as (
    select reject.id from reject
    inner join ingest_run on ingest_run.id = reject.run_id
    where ingest_run.started_at < $1 and reject.row_text <> ''
    order by reject.id
    limit $2
    for update of reject skip locked
),

cleared as (
    update reject set row_text = '', detail = '', digest = sha256(convert_to('forgotten ' || reject.id, 'UTF8'))
    from page
    where reject.id = page.id
    returning reject.id
)

select count(*) from cleared
