-- Keeps a part of an answer: $1 the key, $2 its number, $3 its lines.
insert into intake_answer (key, part, lines) values ($1, $2, $3)
