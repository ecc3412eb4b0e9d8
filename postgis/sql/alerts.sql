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

-- name: count_verdicts
-- How many of the alerts raised since $1 the desk has found real or not, by layer.
select layer, verdict, count(*) as alerts from alert where verdict is not null and detected_at >= $1 group by layer, verdict

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

-- name: mark_notified
-- Of the alerts $1, remembers n ($2) as it was last sent to webhooks.
update alert set notified_n = notified.n
from unnest($1::bigint[], $2::int[]) as notified (id, n)
where alert.id = notified.id

-- name: list_notified
-- n of the alerts $1 as it was last sent to webhooks.
select id, notified_n from alert where id = any($1::bigint[])

-- name: enqueue_delivery
-- Puts a message about the alert $1 and the event $2 into the outbox: $3 target, $4 body, $5 now.
insert into alert_delivery (alert_id, event, target, body, created_at, next_attempt_at) values ($1, $2, $3, $4, $5, $5)

-- name: list_due_deliveries
-- What is to be sent to the target $1 at $2, the longest due first, at most $3.
select id, alert_id, event, body, created_at, attempts from alert_delivery
where target = $1 and next_attempt_at <= $2
order by next_attempt_at, id
limit $3

-- name: find_next_attempt
-- When something is to be sent to the target $1 next.
select min(next_attempt_at) from alert_delivery where target = $1

-- name: record_delivery
-- The delivery $1 has arrived, at $2.
update alert_delivery set attempts = attempts + 1, delivered_at = $2, next_attempt_at = null, error = '' where id = $1

-- name: record_failure
-- The delivery $1 has failed: $2 why, $3 when it is tried again (null: never).
update alert_delivery set attempts = attempts + 1, error = $2, next_attempt_at = $3 where id = $1

-- name: give_up_others
-- Gives up what waits for targets that are none of $1.
update alert_delivery set error = 'the target is not configured any more', next_attempt_at = null
where next_attempt_at is not null and target <> all($1::text[])

-- name: delete_old_deliveries
-- Deletes what was put into the outbox before $1 and waits for nothing.
delete from alert_delivery where created_at < $1 and next_attempt_at is null

-- name: count_deliveries
-- How many messages wait for each target, were delivered, and were given up.
select
    target,
    count(*) filter (where next_attempt_at is not null) as waiting,
    count(*) filter (where delivered_at is not null) as delivered,
    count(*) filter (where next_attempt_at is null and delivered_at is null) as failed
from alert_delivery
group by target
order by target
