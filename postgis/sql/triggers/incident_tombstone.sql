-- A deleted incident leaves a tombstone, so that replicas read deletions as they read changes.
create or replace function record_tombstones() returns trigger
language plpgsql as $$
begin
    insert into incident_tombstone (id, xid)
    select id, pg_current_xact_id() from deleted_rows;
    return null;
end
$$;

create or replace trigger incident_record_tombstones
after delete on incident
referencing old table as deleted_rows
for each statement execute function record_tombstones();

-- TRUNCATE fires no DELETE trigger and has no transition table: record the rows before they are gone.
create or replace function record_all_tombstones() returns trigger
language plpgsql as $$
begin
    insert into incident_tombstone (id, xid)
    select id, pg_current_xact_id() from incident;
    return null;
end
$$;

create or replace trigger incident_record_all_tombstones
before truncate on incident
for each statement execute function record_all_tombstones();
