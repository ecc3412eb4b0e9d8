-- Requests received from $1 to $2, of the themes $3 (null: all) and with the statuses $4; $5 at most, after $6 of them.
select id from incident
where
    received_at between $1 and $2
    and ($3::int[] is null or theme_id = any($3))
    and status = any($4::smallint[])
order by received_at desc, id desc
limit $5
offset $6
