-- Keeps how far a server has been pulled.
insert into open311_mark (source, endpoint, since, reached, known_at, finished)
values ($1, $2, $3, $4, $5, $6)
on conflict (source, endpoint) do update set
    since = excluded.since,
    reached = excluded.reached,
    known_at = excluded.known_at,
    finished = excluded.finished
