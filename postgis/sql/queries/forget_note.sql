-- From now on these ($1: text, address) are not kept of incidents received before $2, also when they are delivered again.
insert into retention as known (what, before)
select what, $2::timestamptz from unnest($1::text[]) as what
on conflict (what) do update set before = greatest(known.before, excluded.before)
