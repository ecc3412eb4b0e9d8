-- A deleted incident leaves a tombstone, so that a replica learns of the deletion as it does of a change.
create or replace function incident_bury() returns trigger
language plpgsql as $$
begin
    insert into incident_tombstone (id, xid)
    select id, pg_current_xact_id() from buried;
    return null;
end
$$;

create or replace trigger incident_bury
after delete on incident
referencing old table as buried
for each statement execute function incident_bury();

-- TRUNCATE fires no DELETE trigger and shows no rows: bury all of them before they are gone.
create or replace function incident_bury_all() returns trigger
language plpgsql as $$
begin
    insert into incident_tombstone (id, xid)
    select id, pg_current_xact_id() from incident;
    return null;
end
$$;

create or replace trigger incident_bury_all
before truncate on incident
for each statement execute function incident_bury_all();
