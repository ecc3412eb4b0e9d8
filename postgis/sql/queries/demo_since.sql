-- The last event that was written of the demo region's history ($1 its sources); the feed's own messages do not count.
select max(updated_at) from incident where source_id = any($1::smallint[]) and external_id not like 'l%'
