-- What belongs to deleted incidents is deleted: their status changes and the addresses of their photographs.

create or replace function delete_open311_records() returns trigger
language plpgsql as $$
begin
    delete from status_change using deleted_rows where status_change.incident_id = deleted_rows.id;
    delete from incident_media using deleted_rows where incident_media.incident_id = deleted_rows.id;
    return null;
end
$$;

create or replace trigger incident_delete_open311_records
after delete on incident
referencing old table as deleted_rows
for each statement execute function delete_open311_records();

create or replace function truncate_open311_records() returns trigger
language plpgsql as $$
begin
    truncate status_change, incident_media;
    return null;
end
$$;

create or replace trigger incident_truncate_open311_records
after truncate on incident
for each statement execute function truncate_open311_records();
