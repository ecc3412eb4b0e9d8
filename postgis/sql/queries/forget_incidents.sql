-- Takes the words from incidents received before $1: $2 the text, $3 the address, $4 behind this id, $5 at most so many.
-- Gives what they were. Rows that somebody is writing are left out: what is written now is written without words.
with page as (
    select id, message, address from incident
    where received_at < $1 and id > $4 and (($2 and message <> '') or ($3 and address <> ''))
    order by id
    limit $5
    for update skip locked
),

cleared as (
    update incident set
        message = case when $2 then '' else incident.message end,
        address = case when $3 then '' else incident.address end
    from page
    where incident.id = page.id
)

select id, $2 and message <> '' as had_text, $3 and address <> '' as had_address, case when $3 then address else '' end as address
from page
order by id
