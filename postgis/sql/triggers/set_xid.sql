-- Every written row carries the transaction that wrote it: replicas read changes by this number.
create or replace function set_xid() returns trigger
language plpgsql as $$
begin
    new.xid := pg_current_xact_id();
    return new;
end
$$;

create or replace trigger incident_set_xid
before insert or update on incident
for each row execute function set_xid();

create or replace trigger incident_link_set_xid
before insert or update on incident_link
for each row execute function set_xid();
