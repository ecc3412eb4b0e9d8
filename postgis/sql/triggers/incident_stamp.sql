-- Every written incident carries the transaction that wrote it: replicas follow by this number.
create or replace function incident_stamp() returns trigger
language plpgsql as $$
begin
    new.xid := pg_current_xact_id();
    return new;
end
$$;

create or replace trigger incident_stamp
before insert or update on incident
for each row execute function incident_stamp();
