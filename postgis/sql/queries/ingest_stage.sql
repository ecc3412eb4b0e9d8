-- Where a batch waits for its upsert: a table of the session's own. 0, NaN and 'epoch' stand for "none".
create temporary table if not exists incident_stage (
    source_id smallint not null,
    cell bigint not null,
    location geometry(point, 4326) not null,
    location_quality smallint not null,
    confidence real not null,
    placed_by smallint not null,
    theme_id integer not null,
    agency_id integer not null,
    status smallint not null,
    received_at timestamptz not null,
    due_at timestamptz not null,
    answered_at timestamptz not null,
    closed_at timestamptz not null,
    updated_at timestamptz not null,
    district_id integer not null,
    district_near boolean not null,
    external_id text not null,
    address text not null,
    message text not null
)
