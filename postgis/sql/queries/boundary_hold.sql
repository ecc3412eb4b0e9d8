-- Held by whoever replaces boundaries, until its end: no batch of incidents is located meanwhile.
select revision from boundary_state where id = 1 for update
