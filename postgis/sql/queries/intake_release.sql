-- Gives back every lock of the session.
select pg_advisory_unlock_all()
