-- Notifications: listening replicas learn at commit that there is something to read. A notification carries no data;
-- a lost one costs a second, because replicas also poll.
create or replace function notify_change() returns trigger
language plpgsql as $$
begin
    perform pg_notify(tg_argv[0], '');
    return null;
end
$$;

create or replace trigger incident_notify
after insert or update or delete or truncate on incident
for each statement execute function notify_change('incident_changed');

create or replace trigger incident_link_notify
after insert or update on incident_link
for each statement execute function notify_change('incident_changed');

create or replace trigger sector_notify
after insert or update or delete or truncate on sector
for each statement execute function notify_change('catalogue_changed');

create or replace trigger theme_notify
after insert or update or delete or truncate on theme
for each statement execute function notify_change('catalogue_changed');

create or replace trigger agency_notify
after insert or update or delete or truncate on agency
for each statement execute function notify_change('catalogue_changed');

create or replace trigger source_notify
after insert or update or delete or truncate on source
for each statement execute function notify_change('catalogue_changed');

create or replace trigger district_notify
after insert or update or delete or truncate on district
for each statement execute function notify_change('catalogue_changed');

create or replace trigger place_notify
after insert or update or delete or truncate on place
for each statement execute function notify_change('catalogue_changed');

-- Shapes change together with this row.
create or replace trigger boundary_state_notify
after insert or update or delete or truncate on boundary_state
for each statement execute function notify_change('catalogue_changed');

create or replace trigger alert_notify
after insert or update or delete or truncate on alert
for each statement execute function notify_change('geo_alerts');

create or replace trigger alert_threshold_notify
after insert or update or delete or truncate on alert_threshold
for each statement execute function notify_change('geo_alerts');
