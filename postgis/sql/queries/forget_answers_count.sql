-- How many answers to those who sent incidents with an Idempotency-Key were given before $1.
select count(*) from (select key from intake_key where at < $1 union select key from intake_answer where at < $1) as old
