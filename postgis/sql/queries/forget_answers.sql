-- Takes away answers given before $1 to those who sent incidents with an Idempotency-Key. Gives how many.
with keys as (delete from intake_key where at < $1 returning key),

parts as (delete from intake_answer where at < $1 returning key)

select count(*) from (select key from keys union select key from parts) as gone
