-- Keeps the end of an answer: $1 the key, $2 the digest of the request, $3 the summary.
insert into intake_key (key, digest, summary) values ($1, $2, $3)
