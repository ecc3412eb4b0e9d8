-- One pull of a server at a time; false when another is under way. Held until the session ends.
select pg_try_advisory_lock(hashtextextended('open311 ' || $1::text || ' ' || $2::text, 0))
