-- The feed's messages that are in one of the states $2.
select external_id from incident
where source_id = any($1::smallint[]) and external_id like 'l%' and status = any($2::smallint[])
