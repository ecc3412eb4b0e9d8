-- The bell: tells listening replicas at commit that there is something to read. It carries no data;
-- a lost one costs a second, because replicas also look by themselves.
create or replace function ring() returns trigger
language plpgsql as $$
begin
    perform pg_notify(tg_argv[0], '');
    return null;
end
$$;

create or replace trigger incident_bell
after insert or update or delete or truncate on incident
for each statement execute function ring('incident_changed');

create or replace trigger sector_bell
after insert or update or delete or truncate on sector
for each statement execute function ring('catalogue_changed');

create or replace trigger theme_bell
after insert or update or delete or truncate on theme
for each statement execute function ring('catalogue_changed');

create or replace trigger agency_bell
after insert or update or delete or truncate on agency
for each statement execute function ring('catalogue_changed');

create or replace trigger source_bell
after insert or update or delete or truncate on source
for each statement execute function ring('catalogue_changed');

create or replace trigger district_bell
after insert or update or delete or truncate on district
for each statement execute function ring('catalogue_changed');

-- Shapes change together with this row.
create or replace trigger boundary_bell
after insert or update or delete or truncate on boundary_state
for each statement execute function ring('catalogue_changed');
