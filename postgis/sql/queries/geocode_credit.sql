-- Notes which steps have found places of which sources' incidents, so that their data is named where these are shown:
-- $1 sources, $2 steps. Writes nothing that is known.
update source set
    placed_by = (select array_agg(distinct step order by step) from unnest(source.placed_by || given.steps) as all_of (step))
from (
    select source_id, array_agg(step) as steps
    from unnest($1::smallint[], $2::smallint[]) as pair (source_id, step)
    group by source_id
) as given
where source.id = given.source_id and not source.placed_by @> given.steps
