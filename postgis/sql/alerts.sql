-- Alerts: episodes and verdicts, thresholds, and the outbox of webhooks and mail.

-- name: list_episodes
-- Open episodes, and those in which something has changed since $1, at most $2, those that changed last first.
select
    id, layer, sector_id, theme, place, name_ru, name_en, st_x(location) as lng, st_y(location) as lat, cell, district, places, agencies,
    since, detected_at, updated_at, last_signal_at, closed_at, window_s, n, distinct_n, open_n, expected, log10_p, recurrence_days, peak,
    peak_at, group_id, verdict, verdict_note, verdict_by, verdict_at
from alert
where closed_at is null or greatest(updated_at, closed_at, verdict_at) >= $1
order by closed_at is not null, greatest(updated_at, closed_at, verdict_at) desc, id desc
limit $2

-- name: find_episode
-- The episode $1.
select
    id, layer, sector_id, theme, place, name_ru, name_en, st_x(location) as lng, st_y(location) as lat, cell, district, places, agencies,
    since, detected_at, updated_at, last_signal_at, closed_at, window_s, n, distinct_n, open_n, expected, log10_p, recurrence_days, peak,
    peak_at, group_id, verdict, verdict_note, verdict_by, verdict_at
from alert
where id = $1

-- name: insert_episode
-- Stores a new episode; returns its id. The values are those of `store._episode_values`, in their order.
insert into alert (
    layer, sector_id, theme, place, name_ru, name_en, location, cell, district, places, agencies, since, detected_at, updated_at,
    last_signal_at, closed_at, window_s, n, distinct_n, open_n, expected, log10_p, recurrence_days, peak, peak_at, group_id
)
values (
    $1, $2, $3, $4, $5, $6, st_setsrid(st_makepoint($7, $8), 4326), $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26, $27
)
returning id

-- name: update_episode
-- Changes the episode $28 but for its verdict, which is the desk's. The other values are as for `insert_episode`.
update alert set
    layer = $1, sector_id = $2, theme = $3, place = $4, name_ru = $5, name_en = $6, location = st_setsrid(st_makepoint($7, $8), 4326),
    cell = $9, district = $10, places = $11, agencies = $12, since = $13, detected_at = $14, updated_at = $15, last_signal_at = $16,
    closed_at = $17, window_s = $18, n = $19, distinct_n = $20, open_n = $21, expected = $22, log10_p = $23, recurrence_days = $24,
    peak = $25, peak_at = $26, group_id = $27
where id = $28

-- name: set_verdict
-- The desk's verdict on the alert $1: $2 what it is (null: none any more), $3 a note, $4 who says so, $5 when. The same again changes
-- nothing. Returns whether the alert exists and whether something has changed.
with known as (select verdict, verdict_note from alert where id = $1 for update),

changed as (
    update alert set verdict = $2, verdict_note = $3, verdict_by = $4, verdict_at = $5
    where id = $1 and (select (verdict, verdict_note) is distinct from ($2, $3) from known)
    returning id
)

select exists (select from known) as found, exists (select from changed) as changed

-- name: list_thresholds
-- The thresholds of all layers.
select layer, per_week, log10_p, days, episodes, curve, calibrated_at from alert_threshold order by layer

-- name: upsert_threshold
-- The threshold of the layer $1: $2 budget a week, $3 log10 p, $4 days and $5 episodes of the replay, $6 curve, $7 when found.
insert into alert_threshold (layer, per_week, log10_p, days, episodes, curve, calibrated_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (layer) do update set
    per_week = excluded.per_week, log10_p = excluded.log10_p, days = excluded.days, episodes = excluded.episodes, curve = excluded.curve,
    calibrated_at = excluded.calibrated_at
